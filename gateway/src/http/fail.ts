import { type AppError, toAppError } from "@geomesh/runtime/errors";
import type { Failures } from "../telemetry/failures.ts";
import { type Exchange, reply } from "./exchange.ts";
import { type Problem, toProblem } from "./problem.ts";

/** Answers a request by an error. Does nothing where an answer has begun. */
export type Fail = (exchange: Exchange, error: unknown) => void;

/** Writes an error as an answer. It masks what its client must not see. */
export type WriteError = (
  error: AppError,
  requestId: string,
) => Pick<Problem, "status" | "headers" | "body">;

/**
 * Answers by problems (RFC 9457), or as `write` does. An error that is not the client's is masked, and logged with its cause.
 */
export function createFail(failures: Failures, write: WriteError = toProblem): Fail {
  return (exchange, error) => {
    const known = toAppError(error);
    const { requestId, meter } = exchange;
    exchange.reason = known.reason;
    failures.note(known, { requestId, operation: meter.operation });
    const { status, headers, body } = write(known, requestId);
    reply(exchange, status, headers, body);
  };
}
