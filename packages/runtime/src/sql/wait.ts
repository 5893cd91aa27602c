import { setTimeout as wait } from "node:timers/promises";
import { DatabaseError, type Pool } from "pg";
import { AppError } from "../errors.ts";
import type { Log } from "../log.ts";

const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 1_000;

/** SQLSTATEs of a server that is there and that will not let us in: no such user or password, no such database, no right. */
const REFUSALS = new Set(["28P01", "28000", "3D000", "42501"]);

/** Resolves when the server answers a query. Errors: unavailable, at once when it refuses us, or after `timeoutMs`. */
export async function untilAnswers(pool: Pool, timeoutMs: number, log: Log): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let waitMs = WAIT_MS_MIN; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
    try {
      await pool.query("select 1");
      return;
    } catch (cause) {
      if (isRefusal(cause)) throw unavailable("refuses us", cause);
      if (performance.now() > deadline) throw unavailable("does not answer", cause);
      if (waitMs === WAIT_MS_MIN) log.warn({ err: cause }, "waiting for the database");
    }
    await wait(waitMs);
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
