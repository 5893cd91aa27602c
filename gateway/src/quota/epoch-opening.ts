import { randomBytes } from "node:crypto";
import type {
  EpochHolder,
  LeaseService,
} from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { BackOff } from "@geomesh/runtime/async/back-off";
import { pause } from "@geomesh/runtime/async/pause";
import { singleFlight } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError, toAppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import type { ClockCheck } from "./clock-check.ts";
import { OtherProcess } from "./other-process.ts";

const NONCE_BYTES = 16;
const OPEN_MS_MAX = 1_000;
const RETRY = { minMs: 100, maxMs: 500, jitter: 0.2 };
/** How often an open epoch is opened again: so metering hears that the gateway lives, and the gateway what time it is. */
const BEAT_MS = 2_000;
/** For how long another process of this gateway must be silent until it is taken for gone: three beats. */
const SILENT_MS = 3 * BEAT_MS;
/** How often metering is asked meanwhile. */
const WATCH_MS = 500;
/** The same while the clock is wrong, and after a beat that failed. */
const BEAT_AGAIN_MS = 1_000;
/** For how long a wrong clock is not compared again on request. */
const WRONG_MS = 500;

/** What the opening of an epoch works with. */
export interface EpochOpeningDeps {
  readonly leases: Pick<EsClient<typeof LeaseService>, "openEpoch">;
  readonly gatewayId: string;
  readonly epoch: bigint;
  /** Where this process has locked its directory. */
  readonly place: Uint8Array;
  readonly check: ClockCheck;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens this process's epoch at metering, which comes before its first lease and its first block. The nonce is in memory
 * only: of processes with the same epoch one opens it. Where another process has another epoch of this gateway open, this one
 * runs on a copy of its directory, and never opens its own, if that process is heard of; if it is silent for 6 s, its
 * directory was moved here, and the epoch opens. After a failure it tries again, at first after 100 ms and at last every
 * 500 ms. An open epoch is opened again every 2 s.
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
  readonly #other: OtherProcess;
  readonly #opening = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  /** Ends the wait for the next opening. */
  #waiting = new AbortController();
  #isOpen = false;
  #isWaiting = false;
  #wasOpen = false;
  #isLost = false;
  #wrongUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: EpochOpeningDeps) {
    this.#deps = deps;
    this.#other = new OtherProcess(deps.clock, SILENT_MS);
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

  /** Resolves once metering has opened the epoch for the first time, which may be never. Never rejects. */
  get firstOpened(): Promise<void> {
    return this.#opening.promise;
  }

  /** True where the epoch is another process's, or may be: nothing is answered then, as it could not be billed. */
  get isInDoubt(): boolean {
    return this.#isLost || this.#isWaiting;
  }

  /** Why nothing can be leased; undefined where something can, or could before metering became unavailable. */
  get problem(): ReadinessProblem | undefined {
    const { gatewayId } = this.#deps;
    if (this.#isLost && this.#wasOpen) return lostProblem(gatewayId);
    if (this.#isLost) return copiedProblem(gatewayId);
    if (this.#isWaiting) return waitingProblem(gatewayId);
    // Only at the start: one that serves stays ready while metering is unavailable.
    return this.#wasOpen ? undefined : NOT_OPEN;
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
          if (backOff.failures === 0 && !this.#isWaiting)
            log.warn({ err }, "cannot open the usage epoch; trying again");
          waitMs = this.#isWaiting ? WATCH_MS : backOff.nextMs();
        }
      }
      if (signal.aborted) return;
      this.#waiting = new AbortController();
      await pause(waitMs, this.#waiting.signal);
    }
  }

  async #open(): Promise<void> {
    const { leases, gatewayId, epoch, place, check, clock } = this.#deps;
    const silentSinceTime = this.#other.silentSince;
    const request = {
      ...{ gatewayId, epoch, nonce: this.nonce, place },
      ...(silentSinceTime && { silentSinceTime }),
    };
    const sentAtMs = clock.monotonicMs();
    try {
      const { serverTime, holder } = await leases.openEpoch(request, {
        deadlineMs: OPEN_MS_MAX,
        signal: this.#stop.signal,
      });
      check.heard(serverTime, sentAtMs);
      if (holder !== undefined) this.#heedHolder(holder);
      this.#isWaiting = false;
      this.#isOpen = true;
      this.#wasOpen = true;
      this.#opening.resolve();
    } catch (error) {
      const { reason } = toAppError(error);
      if (reason !== "EPOCH_NOT_OPEN") this.#other.unanswered();
      this.#noteLoss(reason);
      throw error;
    }
  }

  /** Errors: EPOCH_NOT_OPEN while it may be gone; EPOCH_TAKEN where it lives. */
  #heedHolder(holder: EpochHolder): never {
    const { log, gatewayId, epoch } = this.#deps;
    this.#other.told(holder);
    if (this.#other.lives) throw new AppError("EPOCH_TAKEN");
    if (!this.#isWaiting)
      log.warn(
        { gateway_id: gatewayId, epoch: `${epoch}`, other_epoch: `${holder.epoch}` },
        "this gateway may run elsewhere too; its usage epoch opens once nothing is heard of that for 6 s",
      );
    this.#isWaiting = true;
    this.#isOpen = false;
    throw new AppError("EPOCH_NOT_OPEN");
  }

  #noteLoss(reason: string): void {
    if (reason !== "EPOCH_TAKEN" && reason !== "EPOCH_CLOSED") return;
    if (this.#isLost) return;
    this.#isLost = true;
    const { log, gatewayId, epoch } = this.#deps;
    const { message } = this.#wasOpen ? lostProblem(gatewayId) : copiedProblem(gatewayId);
    log.error({ reason, gateway_id: gatewayId, epoch: `${epoch}` }, message);
  }
}

const NOT_OPEN: ReadinessProblem = {
  reason: "epoch_not_open",
  message: "the usage epoch is not open yet",
};

const waitingProblem = (gatewayId: string): ReadinessProblem => ({
  reason: "epoch_not_open",
  message: `gateway ${gatewayId} may run elsewhere too; the usage epoch opens once nothing is heard of that for 6 s`,
});

const copiedProblem = (gatewayId: string): ReadinessProblem => ({
  reason: "directory_copied",
  message:
    `gateway ${gatewayId} runs elsewhere, on a directory that this one is a copy of, or was copied from; ` +
    "metered calls are refused here, and nothing of this directory is billed",
});

const lostProblem = (gatewayId: string): ReadinessProblem => ({
  reason: "epoch_lost",
  message:
    `the usage epoch of gateway ${gatewayId} was closed while it ran, by a process on a copy of its directory that took over ` +
    "or by ForgetEpoch; metered calls are refused until it is started again",
});
