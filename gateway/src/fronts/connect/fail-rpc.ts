import { type AppError, toAppError } from "@geomesh/runtime/errors";
import { reasonRow } from "@geomesh/terms/reasons";
import type { Exchange } from "../../http/exchange.ts";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import type { Failures } from "../../telemetry/failures.ts";
import type { ToConnectError } from "./connect-error.ts";
import type { RpcCall } from "./rpc-call.ts";

/** Makes a call fail by any error, in the form in which Connect's handlers send it. */
export type FailRpc = (error: unknown, rpc: RpcCall) => never;

/** Creates the one way out for errors of calls. What is not the client's is masked, and logged with its cause. */
export function createFailRpc(failures: Failures, toError: ToConnectError): FailRpc {
  return (error, { exchange }) => {
    throw toError(noteFailure(failures, exchange, error));
  };
}

/** Notes the error that an exchange is answered by. */
export function noteFailure(failures: Failures, exchange: Exchange, error: unknown): AppError {
  const known = toAppError(fromTranscodeError(error));
  const { requestId, meter } = exchange;
  exchange.reason = known.reason;
  failures.note(known, { requestId, operation: meter.operation });
  exchange.answered(reasonRow(known.reason).httpStatus, 0);
  return known;
}
