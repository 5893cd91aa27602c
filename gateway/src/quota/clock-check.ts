import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";

/** A clock that is further from metering's is wrong. */
const OFF_MS_MAX = 5_000;
const RETRY_MS = 1_000;

/** What the check of the clock works with. */
export interface ClockCheckDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Compares the wall clock with metering's. The wall clock decides which month a unit is taken from and billed to, so that
 * one that is wrong by more than 5 s must not decide. Between two answers of metering the monotonic clock goes on: a wall
 * clock that jumps is noticed at once, and so is a machine that was suspended.
 */
export class ClockCheck {
  readonly #deps: ClockCheckDeps;
  /** Between these is metering's wall time less the monotonic time here: the answer was on its way for that long. */
  #offsetMinMs = Number.NEGATIVE_INFINITY;
  #offsetMaxMs = Number.POSITIVE_INFINITY;
  #wasRight = true;

  constructor(deps: ClockCheckDeps) {
    this.#deps = deps;
  }

  /** Takes over what metering's clock showed at some moment between the sending of a request and now. */
  heard(serverTime: Timestamp | undefined, sentAtMs: number): void {
    if (serverTime === undefined) return;
    const serverMs = timestampMs(serverTime);
    this.#offsetMinMs = serverMs - this.#deps.clock.monotonicMs();
    this.#offsetMaxMs = serverMs - sentAtMs;
    this.#tellChange();
  }

  /** True where a reading of both clocks agrees with metering's, or nothing was heard of it yet. */
  isRightAt(wallMs: number, monotonicMs: number): boolean {
    const offsetMs = wallMs - monotonicMs;
    return offsetMs <= this.#offsetMaxMs + OFF_MS_MAX && offsetMs >= this.#offsetMinMs - OFF_MS_MAX;
  }

  /** The same for now. */
  get isRight(): boolean {
    const { clock } = this.#deps;
    return this.isRightAt(clock.wallMs(), clock.monotonicMs());
  }

  /** Errors: CLOCK_WRONG. */
  require(): void {
    if (!this.isRight) throw new AppError("CLOCK_WRONG", { retryAfterMs: RETRY_MS });
  }

  #tellChange(): void {
    const { clock, log } = this.#deps;
    const { isRight } = this;
    if (isRight === this.#wasRight) return;
    this.#wasRight = isRight;
    const aheadMs = Math.round(clock.wallMs() - clock.monotonicMs() - this.#offsetMaxMs);
    if (isRight) log.info({ ahead_ms: aheadMs }, "the clock agrees with metering's again");
    else
      log.error(
        { ahead_ms: aheadMs },
        "the clock is wrong by metering's; metered calls are refused",
      );
  }
}
