import { randomBytes } from "node:crypto";
import type { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { BackOff } from "@geomesh/runtime/async/back-off";
import { pause } from "@geomesh/runtime/async/pause";
import { singleFlight } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import { toAppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { ClockCheck } from "./clock-check.ts";

const NONCE_BYTES = 16;
const OPEN_MS_MAX = 1_000;
const RETRY = { minMs: 100, maxMs: 500, jitter: 0.2 };
/** How often an open epoch is opened again: so metering hears that the gateway lives, and the gateway what time it is. */
const BEAT_MS = 10_000;
/** The same while the clock is wrong, and after a beat that failed. */
const BEAT_AGAIN_MS = 1_000;
/** For how long a wrong clock is not compared again on request. */
const WRONG_MS = 500;

/** What the opening of an epoch works with. */
export interface EpochOpeningDeps {
  readonly leases: Pick<EsClient<typeof LeaseService>, "openEpoch">;
  readonly gatewayId: string;
  readonly epoch: bigint;
  readonly check: ClockCheck;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens this process's epoch at metering, which comes before its first lease. The nonce is in memory only: a copy of the
 * gateway's directory has the same epoch but not the nonce, and so gets no leases. After a failure it tries again, at
 * first after 100 ms and at last every 500 ms. An open epoch is opened again every 10 s.
 */
export class EpochOpening {
  /** Tells this process from one with a copy of its directory. */
  readonly nonce: Uint8Array = randomBytes(NONCE_BYTES);
  readonly #deps: EpochOpeningDeps;
  readonly #ask = singleFlight(() => {
    this.#attempt = this.#open();
    return this.#attempt;
  });
  #attempt: Promise<void> = Promise.resolve();
  readonly #running: Promise<void>;
  readonly #stop = new AbortController();
  /** Ends the wait for the next opening. */
  #waiting = new AbortController();
  #isOpen = false;
  #wasOpen = false;
  #isLost = false;
  #wrongUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: EpochOpeningDeps) {
    this.#deps = deps;
    this.#running = this.#run();
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
      this.#waiting.abort();
    }
  }

  /** Compares a clock that seems to be wrong with metering's once more, unless that was just done. Never rejects. */
  async recheck(): Promise<void> {
    const { check, clock } = this.#deps;
    if (this.#isLost || clock.monotonicMs() < this.#wrongUntilMs) return;
    await this.#ask().catch(() => undefined);
    if (!check.isRight) this.#wrongUntilMs = clock.monotonicMs() + WRONG_MS;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#waiting.abort();
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { check, log } = this.#deps;
    const { signal } = this.#stop;
    const backOff = new BackOff(RETRY);
    while (!signal.aborted && !this.#isLost) {
      let waitMs = BEAT_AGAIN_MS;
      try {
        await this.#ask();
        backOff.reset();
        if (check.isRight) waitMs = BEAT_MS;
      } catch (err) {
        if (this.#isLost || signal.aborted) return;
        if (!this.#isOpen) {
          if (backOff.failures === 0)
            log.warn({ err }, "cannot open the usage epoch; trying again");
          waitMs = backOff.nextMs();
        }
      }
      if (signal.aborted) return;
      this.#waiting = new AbortController();
      await pause(waitMs, this.#waiting.signal);
    }
  }

  async #open(): Promise<void> {
    const { leases, gatewayId, epoch, check, clock } = this.#deps;
    const request = { gatewayId, epoch, nonce: this.nonce };
    const sentAtMs = clock.monotonicMs();
    try {
      const { serverTime } = await leases.openEpoch(request, {
        deadlineMs: OPEN_MS_MAX,
        signal: this.#stop.signal,
      });
      check.heard(serverTime, sentAtMs);
      this.#isOpen = true;
      this.#wasOpen = true;
    } catch (error) {
      this.#noteLoss(toAppError(error).reason);
      throw error;
    }
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
