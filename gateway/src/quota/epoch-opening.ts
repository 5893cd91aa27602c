import { randomBytes } from "node:crypto";
import type { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { BackOff } from "@geomesh/runtime/async/back-off";
import { pause } from "@geomesh/runtime/async/pause";
import { toAppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";

const NONCE_BYTES = 16;
const OPEN_MS_MAX = 1_000;
const RETRY = { minMs: 100, maxMs: 500, jitter: 0.2 };

/** What the opening of an epoch works with. */
export interface EpochOpeningDeps {
  readonly leases: Pick<EsClient<typeof LeaseService>, "openEpoch">;
  readonly gatewayId: string;
  readonly epoch: bigint;
  readonly log: Log;
}

/**
 * Opens this process's epoch at metering, which comes before its first lease. The nonce is in memory only: a copy of the
 * gateway's directory has the same epoch but not the nonce, and so gets no leases. After a failure it tries again, at
 * first after 100 ms and at last every 500 ms.
 */
export class EpochOpening {
  /** Tells this process from one with a copy of its directory. */
  readonly nonce: Uint8Array = randomBytes(NONCE_BYTES);
  readonly #deps: EpochOpeningDeps;
  readonly #stop = new AbortController();
  #attempt: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | undefined;
  #isOpen = false;
  #wasOpen = false;
  #isLost = false;

  constructor(deps: EpochOpeningDeps) {
    this.#deps = deps;
    this.#start();
  }

  /** True once metering has opened the epoch for this process. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** True once metering has opened the epoch at all, even where it must be opened again. */
  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  /** True where another process opened or closed the epoch: it gets no leases any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Resolves when the epoch is open. Errors: those of the last attempt, without waiting for the next. */
  async opened(): Promise<void> {
    await this.#attempt;
  }

  /** Hears that metering refused a lease: an epoch that it does not know, as after a restore, is opened again. */
  refused(error: unknown): void {
    const { reason } = toAppError(error);
    if (reason !== "EPOCH_NOT_OPEN") this.#noteLoss(reason);
    else if (this.#isOpen) {
      this.#isOpen = false;
      this.#start();
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const backOff = new BackOff(RETRY);
    while (!signal.aborted && !this.#isLost) {
      this.#attempt = this.#open();
      try {
        await this.#attempt;
        this.#isOpen = true;
        this.#wasOpen = true;
        return;
      } catch (err) {
        this.#noteLoss(toAppError(err).reason);
        if (this.#isLost || signal.aborted) return;
        if (backOff.failures === 0) {
          this.#deps.log.warn({ err }, "cannot open the usage epoch; trying again");
        }
        await pause(backOff.nextMs(), signal);
      }
    }
  }

  #open(): Promise<unknown> {
    const { leases, gatewayId, epoch } = this.#deps;
    const { signal } = this.#stop;
    const request = { gatewayId, epoch, nonce: this.nonce };
    return leases.openEpoch(request, { deadlineMs: OPEN_MS_MAX, signal });
  }

  #noteLoss(reason: string): void {
    if (reason !== "EPOCH_TAKEN" && reason !== "EPOCH_CLOSED") return;
    if (this.#isLost) return;
    this.#isLost = true;
    const { log, gatewayId, epoch } = this.#deps;
    log.error(
      { reason, gateway_id: gatewayId, epoch: `${epoch}` },
      "another process uses a copy of this gateway's directory; metered calls are refused",
    );
  }
}
