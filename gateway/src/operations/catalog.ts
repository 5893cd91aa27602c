import {
  type DescMethod,
  type DescMethodUnary,
  type DescService,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { http } from "@geomesh/proto/es/google/api/annotations_pb";
import { readAccess } from "./access.ts";
import type { Operation } from "./operation.ts";

/** The services that have public operations. */
export const SERVICES = [GeoService, AuthService, MeteringService] as const;

/**
 * Finds the public operations of services: an RPC with a `google.api.http` rule is public, and there is no other list.
 * Errors: Error, which names the RPC, where a contract states no policy or contradicts itself: the gateway does not start.
 */
export function publicOperations(services: readonly DescService[]): Operation[] {
  return services.flatMap((service) =>
    service.methods.filter((method) => hasOption(method, http)).map(toOperation),
  );
}

function toOperation(method: DescMethod): Operation {
  const rule = getOption(method, http);
  try {
    if (!isUnary(method)) throw new Error("it is not unary");
    const rules = [rule, ...rule.additionalBindings];
    return { name: method.name, method, access: readAccess(method), rules };
  } catch (error) {
    const where = `${method.parent.typeName}/${method.name}`;
    throw new Error(`${where} is public, but ${(error as Error).message}`, { cause: error });
  }
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}
