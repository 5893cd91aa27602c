import type { Registry } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { createConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { answerMethods } from "../../http/answer-methods.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import { BODY_BYTES_MAX } from "../../http/read-body.ts";
import type { Failures } from "../../telemetry/failures.ts";
import type { RequestMeter, RequestMeters } from "../../telemetry/request-meters.ts";
import type { Front } from "../front.ts";
import { addRpcs } from "./add-rpcs.ts";
import { COMPRESSIONS } from "./compressions.ts";
import type { ToConnectError } from "./connect-error.ts";
import { createFailRpc } from "./fail-rpc.ts";
import { type QueryCall, readQuery } from "./get-query.ts";
import { CONTENT_TYPES, grpcFamilyOf, type Protocol, protocolOf } from "./protocol.ts";
import { createRefuse, type Refuse } from "./refuse.ts";
import type { Rpc } from "./rpc.ts";
import { createServe } from "./serve.ts";
import { refuseUnknown } from "./unknown-rpc.ts";

const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel;

/** What a front of RPCs works with. */
export interface RpcFrontDeps {
  readonly rpcs: readonly Rpc[];
  readonly toError: ToConnectError;
  readonly fail: Fail;
  readonly failures: Failures;
  readonly meters: RequestMeters;
  readonly clock: Clock;
}

/** What a caller may choose about a front of RPCs. */
export interface RpcFrontOptions {
  /** Largest message of a request, in bytes, before and after its decompression; default 1 MiB. */
  readonly messageBytesMax?: number;
  /** The messages that a google.protobuf.Any may hold in JSON; default none. */
  readonly registry?: Registry;
}

/** An RPC that is served. */
interface ServedRpc {
  readonly handler: UniversalHandler;
  readonly meter: RequestMeter;
  readonly takesGet: boolean;
  /** As the header lists it. */
  readonly allow: string;
}

/**
 * Creates a front for Connect, gRPC and gRPC-Web over RPCs, on the paths `/package.Service/Method`. Connect calls that have no
 * side effects may also come as GET. Connect's handlers answer; messages are read here, so that their mistakes are told as
 * REST tells them.
 */
export function createRpcFront(deps: RpcFrontDeps, options: RpcFrontOptions = {}): Front {
  const { fail, failures, meters, toError } = deps;
  const { messageBytesMax = BODY_BYTES_MAX, registry } = options;
  const refuse = createRefuse(failures, toError);
  const failRpc = createFailRpc(failures, toError);
  const router = createConnectRouter({
    acceptCompression: [...COMPRESSIONS],
    grpcWeb: false,
    jsonOptions: {
      useProtoFieldName: true,
      alwaysEmitImplicit: true,
      ...(registry && { registry }),
    },
  });
  addRpcs(router, deps.rpcs, { ...deps, failRpc, messageBytesMax, registry });
  const served = new Map(
    router.handlers.map((handler) => [handler.requestPath, servedBy(handler, meters)]),
  );
  const serve = createServe(deps);

  function post(exchange: Exchange, { handler }: ServedRpc): void {
    const contentType = exchange.request.headers["content-type"] ?? "";
    const protocol = protocolOf(contentType);
    if (protocol === undefined || !fits(protocol, handler))
      refuseType(exchange, contentType, refuse);
    else if (isHalfDuplex(exchange) && handler.method.methodKind === "bidi_streaming") {
      const error = new AppError("RPC_NOT_SERVED", { message: "this call needs HTTP/2" });
      refuse(exchange, protocol.family, error);
    } else serve(exchange, handler, protocol, undefined);
  }

  function get(exchange: Exchange, { handler }: ServedRpc): void {
    let call: QueryCall;
    try {
      call = readQuery(exchange.query);
    } catch (error) {
      refuse(exchange, "connect", error);
      return;
    }
    serve(exchange, handler, call.protocol, call.parameters);
  }

  return {
    handle(exchange) {
      const rpc = served.get(exchange.path);
      if (rpc === undefined) return refuseUnknown(exchange, refuse);
      exchange.meter = rpc.meter;
      checkHost(exchange);
      const { method } = exchange;
      if (method === "POST") post(exchange, rpc);
      else if (method === "GET" && rpc.takesGet) get(exchange, rpc);
      else answerMethods(exchange, rpc.allow, fail);
      return true;
    },
  };
}

function servedBy(handler: UniversalHandler, meters: RequestMeters): ServedRpc {
  const { method } = handler;
  const takesGet = method.idempotency === NO_SIDE_EFFECTS && method.methodKind === "unary";
  const allow = takesGet ? "GET, POST, OPTIONS" : "POST, OPTIONS";
  return { handler, meter: meters.of(method.name), takesGet, allow };
}

/** Errors: INVALID_ARGUMENT. */
function checkHost({ request: { headers } }: Exchange): void {
  const host = headers[":authority"] ?? headers.host;
  if (host !== undefined && URL.canParse(`http://${host}`)) return;
  throw new AppError("INVALID_ARGUMENT", { message: "the Host header is missing or malformed" });
}

const isHalfDuplex = ({ request }: Exchange) => request.httpVersionMajor < 2;

/** Errors: UNSUPPORTED_MEDIA_TYPE for a caller that speaks no gRPC, whose protocol nobody knows. */
function refuseType(exchange: Exchange, contentType: string, refuse: Refuse): void {
  const error = new AppError("UNSUPPORTED_MEDIA_TYPE", {
    message: `the Content-Type must be one of ${CONTENT_TYPES}`,
  });
  const family = grpcFamilyOf(contentType);
  if (family === undefined) {
    exchange.response.setHeader("accept-post", CONTENT_TYPES);
    throw error;
  }
  refuse(exchange, family, error);
}

/** Connect has content types of its own for streams; gRPC has the same for all. */
function fits({ family, isEnveloped }: Protocol, { method }: UniversalHandler): boolean {
  return family !== "connect" || isEnveloped === (method.methodKind !== "unary");
}
