import { createFileRegistry, type DescMethod, fromBinary, getOption } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Access_Caller, access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";

/**
 * Makes sure that the contract states the whole policy of each RPC of these services: whose account it is about, or that it
 * is about none, and who may call it. Errors: an Error that names every RPC that lacks something, and every service that
 * the descriptors do not hold.
 */
export function requirePolicy(descriptorSet: Uint8Array, services: readonly string[]): void {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const problems = services.flatMap((name) => {
    const service = registry.getService(name);
    if (service === undefined) return [`${name} is not in the descriptors`];
    return service.methods.flatMap(problemsOf);
  });
  if (problems.length > 0) throw new Error(`the policy is incomplete: ${problems.join("; ")}`);
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
