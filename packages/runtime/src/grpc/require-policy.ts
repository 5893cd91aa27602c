import { createFileRegistry, type DescMethod, fromBinary, getOption } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Access_Caller, access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import type { Caller } from "../trust/callers.ts";

/** Who may call each RPC, by its path `/package.Service/Method`. */
export type CallersOf = ReadonlyMap<string, ReadonlySet<Caller>>;

/**
 * Reads who may call each RPC of these services, and makes sure that the contract states the whole policy of each: also
 * whose account it is about, or that it is about none. Errors: an Error that names every RPC that lacks something, and every
 * service that the descriptors do not hold.
 */
export function requirePolicy(descriptorSet: Uint8Array, services: readonly string[]): CallersOf {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const callersOf = new Map<string, ReadonlySet<Caller>>();
  const problems: string[] = [];
  for (const name of services) {
    const service = registry.getService(name);
    if (service === undefined) problems.push(`${name} is not in the descriptors`);
    for (const method of service?.methods ?? []) {
      problems.push(...problemsOf(method));
      callersOf.set(`/${name}/${method.name}`, new Set(getOption(method, access).callers));
    }
  }
  if (problems.length > 0) throw new Error(`the policy is incomplete: ${problems.join("; ")}`);
  return callersOf;
}

function problemsOf(method: DescMethod): string[] {
  const { tenancy, callers } = getOption(method, access);
  const missing: string[] = [];
  const isStated = tenancy.case === "noAccount" ? tenancy.value : Boolean(tenancy.value);
  if (!isStated) missing.push("account_field or no_account");
  if (callers.length === 0 || callers.includes(Access_Caller.CALLER_UNSPECIFIED)) {
    missing.push("callers");
  }
  return missing.map((part) => `${method.parent.typeName}/${method.name} does not state ${part}`);
}
