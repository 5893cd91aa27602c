import type { Clock } from "@geomesh/runtime/clock";
import { AppError, toAppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { Lease } from "./lease.ts";

/** For how long metering is not asked again after a refusal. */
const LACKED_MS = 500;
/** For how long metering is not asked again after a failure. */
const FAILED_MS = 250;
const RETRY_MS = 1_000;

/**
 * What metering refused a moment ago, so that it is not asked again at once. A refusal stands for whoever lacks at least as
 * many units, never for who lacks fewer; a failure stands for all.
 */
export class Refusals {
  readonly #clock: Clock;
  /** How long leases last, in milliseconds: after that, what is lent and not used is back. */
  lifetimeMs = 0;
  #lack: { readonly units: bigint; readonly untilMs: number } | undefined;
  #failure: { readonly error: AppError; readonly untilMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that so many units were lacking, and were not to be had. */
  lacked(units: bigint): void {
    this.#lack = { units, untilMs: this.#clock.monotonicMs() + LACKED_MS };
  }

  /** Notes that metering did not answer, or that this gateway must not spend. */
  failed(cause: unknown): void {
    const error =
      toAppError(cause).reason === "CLOCK_WRONG" ? toAppError(cause) : meteringUnavailable(cause);
    this.#failure = { error, untilMs: this.#clock.monotonicMs() + FAILED_MS };
  }

  /** Notes that metering answered. */
  succeeded(): void {
    this.#failure = undefined;
  }

  /** Forgets what was lacking: another month has begun. */
  forget(): void {
    this.#lack = undefined;
  }

  /** The failure that stands now. */
  failure(): AppError | undefined {
    return this.hasFailed() ? this.#failure?.error : undefined;
  }

  /** True where a failure stands now. */
  hasFailed(): boolean {
    return this.#failure !== undefined && this.#clock.monotonicMs() < this.#failure.untilMs;
  }

  /**
   * The refusal of a request for so many units that stands now: QUOTA_LENT where they are left, but lent to others at the
   * moment, else QUOTA_EXCEEDED, until the month ends.
   */
  ofLack(lease: Lease, units: bigint): AppError | undefined {
    const lack = this.#lack;
    if (lack === undefined || this.#clock.monotonicMs() >= lack.untilMs) return undefined;
    if (lease.lack(units) < lack.units) return undefined;
    const left = lease.remainingAtMost;
    if (units <= left) return new AppError("QUOTA_LENT", { retryAfterMs: this.lifetimeMs });
    return new AppError("QUOTA_EXCEEDED", {
      ...(left > 0n && {
        message: `${left} units are left of the quota of this month, and this request may need ${units}`,
      }),
      retryAfterMs: Math.max(0, lease.period.endMs - this.#clock.wallMs()),
      metadata: { [VIOLATED_POLICY]: "month" },
    });
  }
}

/** The error of a request for which metering cannot be asked. */
export function meteringUnavailable(cause?: unknown): AppError {
  return new AppError("METERING_UNAVAILABLE", { retryAfterMs: RETRY_MS, cause });
}
