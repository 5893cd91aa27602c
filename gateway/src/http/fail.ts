import { toAppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { type Exchange, reply } from "./exchange.ts";
import { toProblem } from "./problem.ts";

/** Answers a request by an error. Does nothing where an answer has begun. */
export type Fail = (exchange: Exchange, error: unknown) => void;

/** Answers by problems (RFC 9457). An error that is not the client's is masked, and logged with its cause. */
export function createFail(log: Log): Fail {
  return (exchange, error) => {
    const known = toAppError(error);
    if (known.kind === "internal") {
      log.error({ err: known.cause ?? known, request_id: exchange.requestId }, "a request failed");
    }
    const { status, headers, body } = toProblem(known, exchange.requestId);
    reply(exchange, status, headers, body);
  };
}
