import { createFileRegistry, fromBinary, getOption } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { holdsSecret } from "./holds-secret.ts";

/** An RPC whose policy takes an `Idempotency-Key`. */
export interface IdempotentRpc {
  /** True where its answer holds a secret. */
  readonly holdsSecret: boolean;
}

/** Reads which RPCs of a service take an `Idempotency-Key`, by their paths `/package.Service/Method`. */
export function readIdempotentRpcs(
  descriptorSet: Uint8Array,
  service: string,
): ReadonlyMap<string, IdempotentRpc> {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const methods = registry.getService(service)?.methods ?? [];
  return new Map(
    methods
      .filter((method) => getOption(method, access).idempotencyKey)
      .map(({ name, output }) => [`/${service}/${name}`, { holdsSecret: holdsSecret(output) }]),
  );
}
