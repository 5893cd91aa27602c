import { createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import type { Clock } from "@geomesh/runtime/clock";
import { type AppError, invalidArgument, toAppError } from "@geomesh/runtime/errors";
import type { Exchange } from "../../http/exchange.ts";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import { HttpCall } from "../http-call.ts";
import { compressionOf } from "./compressions.ts";
import type { Protocol } from "./protocol.ts";
import { timeoutMsOf } from "./timeout.ts";

const VERSION_HEADER = "connect-protocol-version";
const VERSION_PARAMETER = "connect";

/** A call as its head states it, before its message is read. */
export interface RpcCall {
  readonly exchange: Exchange;
  readonly protocol: Protocol;
  readonly call: HttpCall;
  /** Of its messages; undefined for none. */
  readonly compression: Compression | undefined;
  /** The parameters of a Connect call by GET, which has no body. */
  readonly query: ReadonlyMap<string, string> | undefined;
  /** What is wrong with the head. Its client is told in its own protocol, once it is known who calls. */
  readonly refusal: AppError | undefined;
}

/** Where Connect's handlers find the call that they answer. */
export const RPC_CALL = createContextKey<RpcCall | undefined>(undefined);

/** What a call's head is read with. */
export interface RpcCallDeps {
  readonly clock: Clock;
}

/** Reads the head of a call. Never throws. */
export function readRpcCall(
  exchange: Exchange,
  protocol: Protocol,
  query: ReadonlyMap<string, string> | undefined,
  { clock }: RpcCallDeps,
): RpcCall {
  const { headers } = protocol;
  let deadlineMs: number | undefined;
  let compression: Compression | undefined;
  let refusal: AppError | undefined;
  try {
    if (protocol.family === "connect") checkVersion(exchange, query);
    const timeoutMs = timeoutMsOf(headerOf(exchange, headers.timeout), headers);
    if (timeoutMs !== undefined) deadlineMs = clock.monotonicMs() + timeoutMs;
    compression = compressionOf(query?.get("compression") ?? headerOf(exchange, headers.encoding));
  } catch (error) {
    refusal = toAppError(fromTranscodeError(error));
  }
  const call = new HttpCall(exchange, deadlineMs);
  return { exchange, protocol, call, compression, query, refusal };
}

/**
 * A version of Connect that is named must be the only one that there is (Connect Protocol, Unary-Request); it need not be
 * named, so that curl can call. Errors: INVALID_ARGUMENT.
 */
function checkVersion(exchange: Exchange, query: RpcCall["query"]): void {
  const version = headerOf(exchange, VERSION_HEADER);
  if (version !== undefined && version !== "1") {
    throw invalidArgument([{ field: VERSION_HEADER, description: "must be 1" }]);
  }
  const parameter = query?.get(VERSION_PARAMETER);
  if (parameter === undefined || parameter === "v1") return;
  throw invalidArgument([{ field: VERSION_PARAMETER, description: "must be v1" }]);
}

function headerOf({ request }: Exchange, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** The call that a handler of Connect answers. */
export function rpcOf({ values }: Pick<HandlerContext, "values">): RpcCall {
  const rpc = values.get(RPC_CALL);
  if (rpc === undefined) throw new Error("a handler was reached without its call");
  return rpc;
}
