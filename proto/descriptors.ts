import { readFileSync } from "node:fs";

/** Every contract of the mesh, compiled: a serialized google.protobuf.FileDescriptorSet with options and imports. */
export function descriptorSetBytes(): Uint8Array {
  return readFileSync(new URL("gen/descriptors.binpb", import.meta.url));
}
