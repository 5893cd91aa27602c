import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { createConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { AppError } from "@geomesh/runtime/errors";
import { answerMethods } from "../../http/answer-methods.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import type { Failures } from "../../telemetry/failures.ts";
import type { RequestMeter, RequestMeters } from "../../telemetry/request-meters.ts";
import type { Front } from "../front.ts";
import { COMPRESSIONS } from "./compressions.ts";
import { createFailRpc } from "./fail-rpc.ts";
import { type QueryCall, readQuery } from "./get-query.ts";
import { addOpenServices, type OpenServicesDeps } from "./open-services.ts";
import { addOperations, type OperationRoutesDeps } from "./operation-routes.ts";
import { CONTENT_TYPES, grpcFamilyOf, type Protocol, protocolOf } from "./protocol.ts";
import { createRefuse, type Refuse } from "./refuse.ts";
import { createServe } from "./serve.ts";
import { refuseUnknown } from "./unknown-rpc.ts";

const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel;

/** What the Connect front works with. */
export interface ConnectFrontDeps
  extends Omit<OperationRoutesDeps, "failRpc">,
    Omit<OpenServicesDeps, "services" | "failRpc" | "leaving"> {
  readonly fail: Fail;
  readonly failures: Failures;
  readonly meters: RequestMeters;
}

/** A front that has calls which would go on for ever. */
export interface ConnectFront extends Front {
  /** Ends the calls that watch the health. */
  close(): void;
}

/** An RPC that is served. */
interface Rpc {
  readonly handler: UniversalHandler;
  readonly meter: RequestMeter;
  readonly takesGet: boolean;
  /** As the header lists it. */
  readonly allow: string;
}

/**
 * Creates the front for Connect, gRPC and gRPC-Web, on the paths `/package.Service/Method`. Health and reflection need no
 * key; everything else goes through the policy. Connect calls that have no side effects may also come as GET. A message may
 * have 1 MiB. Connect's handlers answer; the message is read here, so that its mistakes are told as REST tells them.
 */
export function createConnectFront(deps: ConnectFrontDeps): ConnectFront {
  const { operations, fail, failures, meters } = deps;
  const failRpc = createFailRpc(failures);
  const refuse = createRefuse(failures);
  const leaving = new AbortController();
  const services = [...new Set(operations.map(({ method }) => method.parent))];
  const router = createConnectRouter({
    acceptCompression: [...COMPRESSIONS],
    grpcWeb: false,
    jsonOptions: { useProtoFieldName: true, alwaysEmitImplicit: true },
  });
  addOperations(router, { ...deps, failRpc });
  addOpenServices(router, { ...deps, services, failRpc, leaving: leaving.signal });
  const rpcs = new Map(
    router.handlers.map((handler) => [handler.requestPath, rpcOf(handler, meters)]),
  );
  const serve = createServe(deps);

  function post(exchange: Exchange, { handler }: Rpc): void {
    const contentType = exchange.request.headers["content-type"] ?? "";
    const protocol = protocolOf(contentType);
    if (protocol === undefined || !fits(protocol, handler))
      refuseType(exchange, contentType, refuse);
    else if (isHalfDuplex(exchange) && handler.method.methodKind === "bidi_streaming") {
      const error = new AppError("RPC_NOT_SERVED", { message: "this call needs HTTP/2" });
      refuse(exchange, protocol.family, error);
    } else serve(exchange, handler, protocol, undefined);
  }

  function get(exchange: Exchange, { handler }: Rpc): void {
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
      const rpc = rpcs.get(exchange.path);
      if (rpc === undefined) return refuseUnknown(exchange, refuse);
      exchange.meter = rpc.meter;
      checkHost(exchange);
      const { method } = exchange;
      if (method === "POST") post(exchange, rpc);
      else if (method === "GET" && rpc.takesGet) get(exchange, rpc);
      else answerMethods(exchange, rpc.allow, fail);
      return true;
    },
    close: () => leaving.abort(),
  };
}

function rpcOf(handler: UniversalHandler, meters: RequestMeters): Rpc {
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
