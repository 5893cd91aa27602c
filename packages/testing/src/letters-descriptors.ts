import { create, setExtension, toBinary } from "@bufbuild/protobuf";
import {
  FileDescriptorSetSchema,
  MethodOptionsSchema,
  ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { Access_Caller, AccessSchema, access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";

/** Stands for the bare texts that the service really sends. */
const TEXT = ".test.Text";

/** The policy of every method of the service of letters. */
const POLICY = create(AccessSchema, {
  tenancy: { case: "noAccount", value: true },
  callers: [Access_Caller.ANYONE],
});

function method(name: string, clientStreaming = false, serverStreaming = false) {
  const options = create(MethodOptionsSchema);
  setExtension(options, access, POLICY);
  return { name, inputType: TEXT, outputType: TEXT, clientStreaming, serverStreaming, options };
}

/** The contracts of the mesh, and that of the service of letters, whose messages a descriptor cannot say. */
export function descriptorsWithLetters(): Uint8Array {
  const service = create(ServiceDescriptorProtoSchema, {
    name: "Letters",
    method: [
      method("Shout"),
      method("Spell", false, true),
      method("Join", true),
      method("Echo", true, true),
    ],
  });
  const file = {
    name: "test/letters.proto",
    package: "test",
    syntax: "proto3",
    dependency: ["geomesh/policy/v1/policy.proto"],
    messageType: [{ name: "Text" }],
    service: [service],
  };
  const letters = toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, { file: [file] }),
  );
  // Sets of descriptors are merged by putting their bytes one after another.
  return Buffer.concat([descriptorSetBytes(), letters]);
}
