import {
  create,
  fromBinary,
  type MessageInitShape,
  setExtension,
  toBinary,
} from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import {
  type Access,
  Access_Caller,
  AccessSchema,
  access,
} from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { descriptorsWithLetters } from "@geomesh/testing/letters-descriptors";
import { expect, test } from "vitest";
import { implement } from "./implement.ts";
import { requirePolicy } from "./require-policy.ts";

/** The descriptors with another policy for one method of the service of letters; undefined takes the policy away. */
function withPolicy(name: string, policy: Access | undefined): Uint8Array {
  const set: FileDescriptorSet = fromBinary(FileDescriptorSetSchema, descriptorsWithLetters());
  const method = set.file.at(-1)?.service[0]?.method.find((known) => known.name === name);
  if (policy === undefined) delete method?.options;
  else if (method?.options) setExtension(method.options, access, policy);
  return toBinary(FileDescriptorSetSchema, set);
}

const callers = [Access_Caller.GATEWAY];
const tenancy = { case: "noAccount", value: true } as const;

const rows: [string, MessageInitShape<typeof AccessSchema> | undefined, string][] = [
  ["no policy at all", undefined, "account_field or no_account"],
  ["no tenancy", { callers }, "account_field or no_account"],
  ["an empty account field", { callers, tenancy: { case: "accountField", value: "" } }, "account_"],
  ["that it is not about none", { callers, tenancy: { ...tenancy, value: false } }, "no_account"],
  ["no callers", { tenancy }, "callers"],
  ["a caller that is none", { tenancy, callers: [Access_Caller.CALLER_UNSPECIFIED] }, "callers"],
];

test.each(rows)(
  "a server does not start with an RPC that states %s",
  async (_, policy, missing) => {
    const descriptors = withPolicy("Shout", policy && create(AccessSchema, policy));
    const starting = startTestGrpcServer(implement(LettersService, letters), { descriptors });
    await expect(starting).rejects.toThrow(/test\.Letters\/Shout does not state /);
    await expect(starting).rejects.toThrow(missing);
  },
);

test("a server does not start with a service whose contract it does not know", () => {
  expect(() => requirePolicy(descriptorSetBytes(), ["test.Letters"])).toThrow(
    "test.Letters is not in the descriptors",
  );
});

test("every RPC of the mesh states its whole policy", () => {
  const { file } = fromBinary(FileDescriptorSetSchema, descriptorSetBytes());
  const names = file
    .filter((each) => each.package.startsWith("geomesh."))
    .flatMap((each) => each.service.map(({ name }) => `${each.package}.${name}`));
  expect(names.length).toBeGreaterThanOrEqual(6);
  expect(() => requirePolicy(descriptorSetBytes(), names)).not.toThrow();
});
