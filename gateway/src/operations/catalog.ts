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
import { access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { http } from "@geomesh/proto/es/google/api/annotations_pb";
import type { Operation } from "./operation.ts";

/** The services that have public operations. */
export const SERVICES = [GeoService, AuthService, MeteringService] as const;

/**
 * Finds the public operations of services: an RPC with a `google.api.http` rule is public, and there is no other list.
 * Errors: Error where a contract contradicts itself: the gateway does not start.
 */
export function publicOperations(services: readonly DescService[]): Operation[] {
  return services.flatMap((service) =>
    service.methods.filter((method) => hasOption(method, http)).map(toOperation),
  );
}

function toOperation(method: DescMethod): Operation {
  const where = `${method.parent.typeName}/${method.name}`;
  if (!isUnary(method)) throw new Error(`${where} is public but not unary`);
  if (!hasOption(method, access)) throw new Error(`${where} is public but states no access policy`);
  const rule = getOption(method, http);
  return {
    name: method.name,
    method,
    access: getOption(method, access),
    rules: [rule, ...rule.additionalBindings],
  };
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}
