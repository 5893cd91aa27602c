import { DatabaseError } from "pg";
import { AppError } from "../errors.ts";

const RETRY_AFTER_MS = 1_000;

/** SQLSTATE classes of a server that cannot serve now: its connections, and its resources. */
const CLASSES = new Set(["08", "53"]);
/**
 * SQLSTATEs of the same kind: a statement, a wait for a lock or an idle transaction that took too long; a server that starts,
 * stops, or follows another.
 */
const STATES = new Set([
  ...["57014", "55P03", "25P03", "25P04"],
  ...["57P01", "57P02", "57P03", "57P05", "25006"],
]);

/**
 * The error of a query or a connection: DATABASE_UNAVAILABLE where the server or the way to it is the cause, so that the same
 * request may succeed later, with the original as its cause; any other as it is.
 */
export function toDatabaseError(error: unknown): unknown {
  if (!isUnavailable(error)) return error;
  return new AppError("DATABASE_UNAVAILABLE", { retryAfterMs: RETRY_AFTER_MS, cause: error });
}

/** True where the server gave this error because its session was ended or never began. */
function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError) {
    const state = error.code ?? "";
    return CLASSES.has(state.slice(0, 2)) || STATES.has(state);
  }
  // What else the driver says is about the connection, unless it is about a mistake in the call.
  const isMistake = error instanceof TypeError || error instanceof RangeError;
  return error instanceof Error && !(error instanceof AppError) && !isMistake;
}

/** True where the connection that a query failed on must not be used again. */
export function isConnectionBroken(error: unknown): boolean {
  return error instanceof Error && !(error instanceof DatabaseError);
}
