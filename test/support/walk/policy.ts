import {
  createFileRegistry,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodUnary,
  fromBinary,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import {
  type Access,
  Access_Scope,
  Access_ScopeSchema,
  access,
  scope_name,
} from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { http } from "@geomesh/proto/es/google/api/annotations_pb";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";

/** A public RPC with what its contract states. */
export interface PublicRpc {
  readonly method: DescMethodUnary | DescMethodBiDiStreaming;
  readonly access: Access;
  readonly rule: HttpRule;
}

/** Whose account a request names: that of its key, another, or none. */
export type AccountOf = "own" | "other" | "none";

/** What becomes of a well-formed request, by the names of gRPC's status codes. */
export type Outcome = "ok" | "unauthenticated" | "permission_denied" | "invalid_argument";

/** Every RPC of every service of Geomesh, public or internal. */
export function allMethods(): DescMethod[] {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSetBytes()));
  return [...registry]
    .filter((type) => type.kind === "service")
    .filter(({ typeName }) => typeName.startsWith("geomesh."))
    .flatMap(({ methods }) => methods);
}

/** True where an RPC has a REST rule. */
export function isPublic(method: DescMethod): boolean {
  return hasOption(method, http);
}

/** Errors: Error for an RPC that states no policy, or none that decides who may call it. */
export function toPublicRpc(method: DescMethod): PublicRpc {
  const where = `${method.parent.typeName}/${method.name}`;
  if (!isUnary(method) && !isBidi(method)) {
    throw new Error(`${where} is public, but streams in one direction alone`);
  }
  const policy = accessOf(method);
  if (policy.scope === Access_Scope.SCOPE_UNSPECIFIED) throw new Error(`${where} has no scope`);
  return { method, access: policy, rule: getOption(method, http) };
}

/** True for an RPC of one request and one answer. */
export function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

/** True for a stream in both directions. */
function isBidi(method: DescMethod): method is DescMethodBiDiStreaming {
  return method.methodKind === "bidi_streaming";
}

/** The policy of an RPC. Errors: Error for one that states none, or nothing of accounts or callers. */
export function accessOf(method: DescMethod): Access {
  const where = `${method.parent.typeName}/${method.name}`;
  if (!hasOption(method, access)) throw new Error(`${where} has no policy`);
  const policy = getOption(method, access);
  if (policy.tenancy.case === undefined) throw new Error(`${where} does not say whose account`);
  if (policy.callers.length === 0) throw new Error(`${where} does not say who may call it`);
  return policy;
}

/** Every scope, as the contract lists them. */
export const SCOPES: readonly Access_Scope[] = Object.values(Access_Scope).filter(
  (scope) => scope !== Access_Scope.SCOPE_UNSPECIFIED,
);

/** A scope as keys hold it, such as `locations:read`. */
export function scopeName(scope: Access_Scope): string {
  const value = Access_ScopeSchema.value[scope];
  if (value === undefined) throw new Error(`no scope ${scope}`);
  return getOption(value, scope_name);
}

/** Whether a scope allows what another one does: the words of the contract. */
export function includes(held: Access_Scope, wanted: Access_Scope): boolean {
  if (held === wanted || held === Access_Scope.ADMIN) return true;
  if (held === Access_Scope.ADMIN_READ) return isRead(wanted);
  return held === Access_Scope.KEYS_WRITE && wanted === Access_Scope.KEYS_READ;
}

function isRead(scope: Access_Scope): boolean {
  return scopeName(scope).endsWith(":read");
}

/** What the policy alone says of a request; undefined scopes stand for no key. */
export function expectedOutcome(
  { access: { scope, tenancy } }: PublicRpc,
  held: readonly Access_Scope[] | undefined,
  account: AccountOf,
): Outcome {
  if (held === undefined) return "unauthenticated";
  if (!held.some((each) => includes(each, scope))) return "permission_denied";
  if (tenancy.case === "noAccount" || account === "own") return "ok";
  const reachesAll = isRead(scope) ? Access_Scope.ADMIN_READ : Access_Scope.ADMIN;
  if (!held.some((each) => includes(each, reachesAll))) return "permission_denied";
  return account === "other" ? "ok" : "invalid_argument";
}
