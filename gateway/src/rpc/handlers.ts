import { type DescMethodUnary, type DescService, type Message, toBinary } from "@bufbuild/protobuf";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Locator } from "../lookups/locator.ts";
import type { Handler, Handlers } from "../operations/handler.ts";
import type { Operation } from "../operations/operation.ts";
import { batchGetLocations } from "./batch-get-locations.ts";
import { createKey } from "./create-key.ts";
import { getLocation } from "./get-location.ts";
import { createLocatorOf } from "./locator-of.ts";

/** What the handlers work with. */
export interface Upstreams {
  readonly locator: Locator;
  readonly geo: EsClient<typeof GeoService>;
  readonly auth: EsClient<typeof AuthService>;
  readonly metering: EsClient<typeof MeteringService>;
}

/** The handlers of operations where the gateway does more than forward the request. */
function ownHandlers({ locator, auth }: Upstreams): ReadonlyMap<DescMethodUnary, Handler> {
  const locatorOf = createLocatorOf(locator);
  const geo: Handlers<typeof GeoService> = {
    getLocation: getLocation(locatorOf),
    batchGetLocations: batchGetLocations(locatorOf),
  };
  const keys: Handlers<typeof AuthService> = { createKey: createKey(auth) };
  return new Map([...byMethod(GeoService, geo), ...byMethod(AuthService, keys)]);
}

/**
 * Binds a handler to every operation: the gateway's own, or one that forwards the request to the service that owns it.
 * Errors: Error for an operation of a service without a client.
 */
export function operationHandlers(
  operations: readonly Operation[],
  upstreams: Upstreams,
): ReadonlyMap<Operation, Handler> {
  const own = ownHandlers(upstreams);
  const clients = new Map<DescService, unknown>([
    [GeoService, upstreams.geo],
    [AuthService, upstreams.auth],
    [MeteringService, upstreams.metering],
  ]);
  return new Map(
    operations.map((operation) => {
      const { method } = operation;
      return [operation, own.get(method) ?? forward(clients.get(method.parent), method)] as const;
    }),
  );
}

type UnaryCall = (request: Message, options: { signal: AbortSignal }) => Promise<Message>;

function forward(client: unknown, method: DescMethodUnary): Handler {
  const call = (client as Record<string, UnaryCall>)[method.localName];
  if (call === undefined) throw new Error(`no client for ${method.parent.typeName}/${method.name}`);
  return async (request, context) => ({
    response: toBinary(method.output, await call(request, { signal: context.call.signal })),
    units: 0,
  });
}

function byMethod<S extends DescService>(
  service: S,
  handlers: Handlers<S>,
): [DescMethodUnary, Handler][] {
  return Object.entries(handlers).map(([name, handler]) => [
    service.method[name] as DescMethodUnary,
    handler as Handler,
  ]);
}
