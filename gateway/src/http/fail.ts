import { toAppError } from "@geomesh/runtime/errors";
import type { Failures } from "../telemetry/failures.ts";
import { type Exchange, reply } from "./exchange.ts";
import { toProblem } from "./problem.ts";

/** Answers a request by an error. Does nothing where an answer has begun. */
export type Fail = (exchange: Exchange, error: unknown) => void;

/** Answers by problems (RFC 9457). An error that is not the client's is masked, and logged with its cause. */
export function createFail(failures: Failures): Fail {
  return (exchange, error) => {
    const known = toAppError(error);
    const { requestId, meter } = exchange;
    exchange.reason = known.reason;
    failures.note(known, { requestId, operation: meter.operation });
    const { status, headers, body } = toProblem(known, requestId);
    reply(exchange, status, headers, body);
  };
}
