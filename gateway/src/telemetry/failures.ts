import type { Clock } from "@geomesh/runtime/clock";
import type { AppError, Reason } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import type { Sample } from "@geomesh/runtime/telemetry/collected";
import { reasonRow } from "@geomesh/terms/reasons";

/** Of each reason, so many lines in so long; those that are left out are counted. */
const LINES_MAX = 10;
const PERIOD_MS = 10_000;
const SERVER_ERROR = 500;

/** The request that an error answers. */
export interface FailedRequest {
  readonly requestId: string;
  readonly operation: string;
}

/** What failures work with. */
export interface FailuresDeps {
  readonly clock: Clock;
  readonly log: Log;
}

interface Counted {
  refusals: number;
  /** Of this period. */
  lines: number;
  leftOut: number;
  periodMs: number;
}

/**
 * Counts errors that are answers, by reason, and logs those that are not the caller's (5xx) with their cause: of each reason
 * the first ten in 10 s, then how many more there were.
 */
export class Failures {
  readonly #deps: FailuresDeps;
  readonly #reasons = new Map<Reason, Counted>();
  #told: NodeJS.Timeout | undefined;

  constructor(deps: FailuresDeps) {
    this.#deps = deps;
  }

  /** Notes an error that is the answer to a request. */
  note(error: AppError, request: FailedRequest): void {
    const { reason } = error;
    const counted = this.#of(reason);
    counted.refusals += 1;
    if (reasonRow(reason).httpStatus < SERVER_ERROR) return;
    const monotonicMs = this.#deps.clock.monotonicMs();
    if (monotonicMs - counted.periodMs >= PERIOD_MS) {
      counted.lines = 0;
      counted.periodMs = monotonicMs;
    }
    if (counted.lines < LINES_MAX) {
      counted.lines += 1;
      this.#write(error, request);
    } else {
      counted.leftOut += 1;
      this.#told ??= setTimeout(() => this.#tellLeftOut(), PERIOD_MS);
    }
  }

  /** Errors that were answers, by reason. */
  refusals(): Sample[] {
    return [...this.#reasons].map(([reason, { refusals }]) => ({
      labels: { reason: reason.toLowerCase() },
      value: refusals,
    }));
  }

  /** Tells what was left out. */
  close(): void {
    clearTimeout(this.#told);
    this.#tellLeftOut();
  }

  #write(error: AppError, { requestId, operation }: FailedRequest): void {
    const { reason, cause } = error;
    // The stack of an unknown error is where it came from, and that of the AppError only where it was mapped.
    const err = reason === "INTERNAL" ? (cause ?? error) : error;
    const line = { err, reason, operation, request_id: requestId };
    if (reason === "INTERNAL") this.#deps.log.error(line, "a request failed");
    else this.#deps.log.warn(line, "a request failed");
  }

  #tellLeftOut(): void {
    this.#told = undefined;
    for (const [reason, counted] of this.#reasons) {
      if (counted.leftOut === 0) continue;
      this.#deps.log.warn({ reason, left_out: counted.leftOut }, "more requests failed");
      counted.leftOut = 0;
    }
  }

  #of(reason: Reason): Counted {
    const known = this.#reasons.get(reason);
    if (known !== undefined) return known;
    const counted = { refusals: 0, lines: 0, leftOut: 0, periodMs: Number.NEGATIVE_INFINITY };
    this.#reasons.set(reason, counted);
    return counted;
  }
}
