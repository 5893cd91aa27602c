import {
  clearExtension,
  create,
  createFileRegistry,
  type DescService,
  fromBinary,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { AccessSchema, access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";

/** A service of the contracts, one of whose RPCs states another policy; none where `policy` is undefined. */
export function serviceWithPolicy(
  service: DescService,
  rpc: string,
  policy: MessageInitShape<typeof AccessSchema> | undefined,
): DescService {
  const set = fromBinary(FileDescriptorSetSchema, descriptorSetBytes());
  const options = set.file
    .flatMap((file) => file.service.map((each) => ({ file, each })))
    .find(({ file, each }) => `${file.package}.${each.name}` === service.typeName)
    ?.each.method.find(({ name }) => name === rpc)?.options;
  if (options === undefined) throw new Error(`${service.typeName} has no ${rpc} with options`);
  if (policy === undefined) clearExtension(options, access);
  else setExtension(options, access, create(AccessSchema, policy));
  const found = createFileRegistry(set).getService(service.typeName);
  if (found === undefined) throw new Error(`no ${service.typeName}`);
  return found;
}
