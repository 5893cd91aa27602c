import type { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { coalesced } from "@geomesh/runtime/async/single-flight";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";

const RETRY_MS = 1_000;
const WAITING_MAX = 100_000;

/** A lease that is spent from no more; number 0 stands for all leases of an epoch. */
export interface Release {
  readonly epoch: bigint;
  readonly leaseNumber: bigint;
  readonly lastSequence: bigint;
}

/** What releases work with. */
export interface ReleasesDeps {
  readonly leases: Pick<EsClient<typeof LeaseService>, "releaseLeases">;
  readonly gatewayId: string;
  /** What this process opened its epoch with. */
  readonly nonce: Uint8Array;
  readonly log: Log;
}

/**
 * Tells metering which leases are over, in order, each until it was heard: a second after a failure it tries again. Beyond
 * 100,000 waiting, leases end with their epoch.
 */
export class Releases {
  readonly #deps: ReleasesDeps;
  readonly #waiting: Release[] = [];
  readonly #send = coalesced(() => this.#sendAll());
  #retry: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(deps: ReleasesDeps) {
    this.#deps = deps;
  }

  /** Takes a release; tells metering as soon as it can. */
  add(release: Release): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(release);
    void this.#send();
  }

  /** Ends after the call under way. What is left is done by the next start, which releases the whole epoch. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    await this.#send();
    clearTimeout(this.#retry);
  }

  /** Never rejects. */
  async #sendAll(): Promise<void> {
    if (this.#retry !== undefined) return;
    const { leases, gatewayId, nonce, log } = this.#deps;
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        await leases.releaseLeases({ gatewayId, nonce, ...next });
        this.#waiting.shift();
      }
      this.#isFailing = false;
    } catch (err) {
      if (!this.#isFailing) log.warn({ err }, "cannot release leases; trying again");
      this.#isFailing = true;
      if (this.#waiting.length > 0) this.#retryLater();
    }
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#send();
    }, RETRY_MS);
  }
}
