import { createContextValues } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { AppError } from "@geomesh/runtime/errors";
import type { Exchange, Request } from "../../http/exchange.ts";
import type { RequestMeters } from "../../telemetry/request-meters.ts";
import type { Front } from "../front.ts";
import { addOpenServices, OPEN_METHODS } from "./open-services.ts";
import { createOperationRoutes, EXCHANGE, type OperationRoutesDeps } from "./operation-routes.ts";

const BODY_BYTES_MAX = 1024 * 1024;
const CLIENT_GONE = 499;

/** What the Connect front works with. */
export interface ConnectFrontDeps extends OperationRoutesDeps {
  /** A serialized FileDescriptorSet. */
  readonly descriptors: Uint8Array;
  /** Whether the calls of a service are served, by its full name; those of all where it is empty. */
  readonly isServing: (service: string) => boolean;
  readonly meters: RequestMeters;
}

/**
 * Creates the front for Connect, gRPC and gRPC-Web, on the paths `/package.Service/Method`. Health and reflection need no
 * key; everything else goes through the policy. Connect calls that have no side effects may also come as GET. A message may
 * have 1 MiB.
 */
export function createConnectFront(deps: ConnectFrontDeps): Front {
  const { operations, descriptors, isServing, meters } = deps;
  const exchanges = new WeakMap<Request, Exchange>();
  const addOperations = createOperationRoutes(deps);
  const services = [...new Set(operations.map(({ method }) => method.parent))];
  const adapter = connectNodeAdapter({
    routes(router) {
      addOperations(router);
      addOpenServices(router, { descriptors, services, isServing });
    },
    readMaxBytes: BODY_BYTES_MAX,
    jsonOptions: { useProtoFieldName: true, alwaysEmitImplicit: true, ignoreUnknownFields: false },
    contextValues: (request) =>
      createContextValues().set(EXCHANGE, exchanges.get(request as Request)),
  });
  const methods = [...operations.map(({ method }) => method), ...OPEN_METHODS];
  const paths = new Map(
    methods.map(({ parent, name }) => [`/${parent.typeName}/${name}`, meters.of(name)]),
  );

  return {
    handle(exchange) {
      const meter = paths.get(exchange.path);
      if (meter === undefined) return false;
      exchange.meter = meter;
      // What the library answers by itself, such as health, or an error of the protocol.
      exchange.response.once("close", () => answeredByItself(exchange));
      exchanges.set(exchange.request, exchange);
      exchange.response.setHeader("x-request-id", exchange.requestId);
      // Calls without side effects may come as GET, whose answers caches between would keep for others.
      exchange.response.setHeader("cache-control", "private");
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

function answeredByItself(exchange: Exchange): void {
  const { headersSent, statusCode } = exchange.response;
  exchange.answered(headersSent ? statusCode : CLIENT_GONE, 0);
}
