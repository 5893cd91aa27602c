import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/**
 * The files of a serialized FileDescriptorSet without those that have services of which none is named: what clients cannot
 * call is not described to them either.
 */
export function publicDescriptors(
  descriptors: Uint8Array,
  serviceNames: ReadonlySet<string>,
): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, descriptors);
  set.file = set.file.filter(
    ({ package: scope, service }) =>
      service.length === 0 || service.some(({ name }) => serviceNames.has(`${scope}.${name}`)),
  );
  return toBinary(FileDescriptorSetSchema, set);
}
