import type { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";

const RETRY_MS = 1_000;
const WAITING_MAX = 100_000;

/** A lease, or with number 0 all of an epoch, that will not be spent from any more. */
export interface Release {
  readonly epoch: bigint;
  readonly leaseNumber: bigint;
  readonly lastSequence: bigint;
}

/** Tells metering which leases are over, each until it was heard. Beyond 100,000 waiting the rest wait for the epoch's end. */
export class Releases {
  readonly #metering: Pick<EsClient<typeof MeteringService>, "releaseLeases">;
  readonly #gatewayId: string;
  readonly #log: Log;
  readonly #waiting: Release[] = [];
  #sending: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(
    metering: Pick<EsClient<typeof MeteringService>, "releaseLeases">,
    gatewayId: string,
    log: Log,
  ) {
    this.#metering = metering;
    this.#gatewayId = gatewayId;
    this.#log = log;
  }

  add(release: Release): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(release);
    if (this.#retry === undefined) this.#send();
  }

  /** Ends after the release under way; what is left is done at the next start, which ends the whole epoch. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    clearTimeout(this.#retry);
    await this.#sending;
  }

  #send(): void {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length === 0) return;
      this.#retry = setTimeout(
        () => {
          this.#retry = undefined;
          this.#send();
        },
        this.#isFailing ? RETRY_MS : 0,
      );
    });
  }

  async #sendAll(): Promise<void> {
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        await this.#metering.releaseLeases({ gatewayId: this.#gatewayId, ...next });
        this.#waiting.shift();
      }
      this.#isFailing = false;
    } catch (err) {
      if (!this.#isFailing) this.#log.warn({ err }, "leases cannot be given back yet");
      this.#isFailing = true;
    }
  }
}
