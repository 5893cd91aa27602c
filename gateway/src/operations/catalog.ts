import {
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodUnary,
  type DescService,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { http } from "@geomesh/proto/es/google/api/annotations_pb";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import { readAccess } from "./access.ts";
import type { Operation, StreamOperation } from "./operation.ts";

/** The services that have public operations. */
export const SERVICES = [GeoService, AuthService, MeteringService] as const;

/**
 * Finds the public operations of services that have one request and one response: an RPC with a `google.api.http` rule is
 * public, and there is no other list. Errors: Error, which names the RPC, where a contract states no policy or contradicts
 * itself: the gateway does not start.
 */
export function publicOperations(services: readonly DescService[]): Operation[] {
  return publicMethods(services).flatMap((method) =>
    isStream(method) ? [] : [toOperation(method)],
  );
}

/** Finds the public operations of services that are streams in both directions. Errors: as `publicOperations`. */
export function publicStreams(services: readonly DescService[]): StreamOperation[] {
  return publicMethods(services).flatMap((method) => (isStream(method) ? [toStream(method)] : []));
}

const isStream = (method: DescMethod): method is DescMethodBiDiStreaming =>
  method.methodKind === "bidi_streaming";

const isUnary = (method: DescMethod): method is DescMethodUnary => method.methodKind === "unary";

const publicMethods = (services: readonly DescService[]) =>
  services.flatMap(({ methods }) => methods.filter((method) => hasOption(method, http)));

function toOperation(method: DescMethod): Operation {
  return named(method, () => {
    if (!isUnary(method)) throw new Error("it streams in one direction alone");
    return { name: method.name, method, access: readAccess(method), rules: rulesOf(method) };
  });
}

function toStream(method: DescMethodBiDiStreaming): StreamOperation {
  return named(method, () => {
    const access = readAccess(method);
    const { unitsAsked } = access;
    if (unitsAsked === undefined) throw new Error("it is a stream that costs nothing");
    if (access.account !== undefined) throw new Error("it is a stream that names an account");
    return { name: method.name, method, access: { ...access, unitsAsked }, rules: rulesOf(method) };
  });
}

function rulesOf(method: DescMethod): HttpRule[] {
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings];
}

function named<T>(method: DescMethod, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const where = `${method.parent.typeName}/${method.name}`;
    throw new Error(`${where} is public, but ${(error as Error).message}`, { cause: error });
  }
}
