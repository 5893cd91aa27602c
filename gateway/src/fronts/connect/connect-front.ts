import { fromBinary, type Message } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { AppError, toAppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { readCredential } from "../../http/credential.ts";
import type { Exchange, Request } from "../../http/exchange.ts";
import type { Principal } from "../../keys/key-table.ts";
import type { Call, Operation, Policy } from "../../operations/operation.ts";
import type { Front } from "../front.ts";
import { toConnectError } from "./connect-error.ts";
import { addOpenServices, OPEN_METHODS } from "./open-services.ts";

const BODY_BYTES_MAX = 1024 * 1024;

/** What the Connect front works with. */
export interface ConnectFrontDeps {
  readonly operations: readonly Operation[];
  readonly policy: Policy;
  /** A serialized FileDescriptorSet. */
  readonly descriptors: Uint8Array;
  /** Why the gateway cannot serve; empty when it can. */
  readonly problems: () => readonly string[];
  readonly log: Log;
}

/** Whose call it is; settled before the body is read. */
interface Caller {
  readonly call: Call;
  readonly principal: Principal;
}

/**
 * Creates the front for Connect, gRPC and gRPC-Web, on the paths `/package.Service/Method`. Health and reflection need no
 * key; everything else goes through the policy. A message may have 1 MiB.
 */
export function createConnectFront(deps: ConnectFrontDeps): Front {
  const { operations, policy, descriptors, problems, log } = deps;
  const exchanges = new WeakMap<Request, Exchange>();
  const exchangeKey = createContextKey<Exchange | undefined>(undefined);
  const callerKey = createContextKey<Caller | undefined>(undefined);

  function authenticate(context: HandlerContext): void {
    const exchange = known(context.values.get(exchangeKey));
    const { request, query, clientAddress, requestId } = exchange;
    const call: Call = {
      credential: readCredential(request, query),
      clientAddress,
      requestId,
      signal: context.signal,
      deadlineMs: context.timeoutMs(),
    };
    context.values.set(callerKey, { call, principal: policy.authenticate(call) });
  }

  async function answer(operation: Operation, message: Message, context: HandlerContext) {
    const { call, principal } = known(context.values.get(callerKey));
    const { response, headers } = await policy.invoke(operation, principal, message, call);
    for (const [name, value] of Object.entries(headers)) context.responseHeader.set(name, value);
    return fromBinary(operation.method.output, response);
  }

  function fail(error: unknown, context: HandlerContext): never {
    const appError = toAppError(error);
    if (appError.kind === "internal") {
      const requestId = context.values.get(exchangeKey)?.requestId;
      log.error({ err: appError.cause ?? appError, request_id: requestId }, "a call failed");
    }
    throw toConnectError(appError);
  }

  function addOperations(router: ConnectRouter): void {
    for (const operation of operations) {
      const implementation = (message: Message, context: HandlerContext) =>
        answer(operation, message, context).catch((error) => fail(error, context));
      router.rpc(operation.method, implementation, {
        requestGate(context) {
          try {
            authenticate(context);
          } catch (error) {
            fail(error, context);
          }
        },
      });
    }
  }

  const services = [...new Set(operations.map(({ method }) => method.parent))];
  const adapter = connectNodeAdapter({
    routes(router) {
      addOperations(router);
      addOpenServices(router, { descriptors, services, problems });
    },
    readMaxBytes: BODY_BYTES_MAX,
    jsonOptions: { useProtoFieldName: true, alwaysEmitImplicit: true, ignoreUnknownFields: false },
    contextValues: (request) =>
      createContextValues().set(exchangeKey, exchanges.get(request as Request)),
  });
  const methods = [...operations.map(({ method }) => method), ...OPEN_METHODS];
  const paths = new Set(methods.map(({ parent, name }) => `/${parent.typeName}/${name}`));

  return {
    handle(exchange) {
      if (!paths.has(exchange.path)) return false;
      exchanges.set(exchange.request, exchange);
      exchange.response.setHeader("x-request-id", exchange.requestId);
      try {
        adapter(exchange.request as never, exchange.response as never);
      } catch (cause) {
        // The adapter makes a URL of the request before anything else.
        const message = "the Host header is missing or malformed";
        throw new AppError("INVALID_ARGUMENT", { message, cause });
      }
      return true;
    },
  };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a call was not authenticated first");
  return value;
}
