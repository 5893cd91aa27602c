import { DatabaseError, type Pool } from "pg";
import { BackOff } from "../async/back-off.ts";
import { pause, unlessAborted } from "../async/pause.ts";
import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { Log } from "../log.ts";

const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 1_000;

/** SQLSTATEs of a refusal: invalid password, invalid authorization, unknown database, missing privilege. */
const REFUSALS = new Set(["28P01", "28000", "3D000", "42501"]);

/** How to wait. */
export interface WaitOptions {
  /** How long to wait, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Resolves when the server answers a query. Errors: DATABASE_UNAVAILABLE, at once when it refuses the connection, else after
 * `timeoutMs`; the signal's reason as soon as it aborts.
 */
export async function untilAnswers(
  pool: Pool,
  { timeoutMs, signal, clock, log }: WaitOptions,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  const backOff = new BackOff({ minMs: WAIT_MS_MIN, maxMs: WAIT_MS_MAX });
  for (;;) {
    try {
      await unlessAborted(pool.query("select 1"), signal);
      return;
    } catch (cause) {
      signal.throwIfAborted();
      if (isRefusal(cause)) throw unavailable("refuses the connection", cause);
      if (clock.monotonicMs() > deadlineMs) throw unavailable("does not answer", cause);
      if (backOff.failures === 0) log.warn({ err: cause }, "waiting for the database");
    }
    await pause(backOff.nextMs(), signal);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && REFUSALS.has(error.code ?? "");
}

function unavailable(what: string, cause: unknown): AppError {
  const { message, code } = cause as NodeJS.ErrnoException;
  const sentence = `the database ${what}: ${message || code}`;
  return new AppError("DATABASE_UNAVAILABLE", { message: sentence, cause });
}
