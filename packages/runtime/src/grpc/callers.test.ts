import { create, fromBinary, setExtension, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Access_Caller, AccessSchema, access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { Health } from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { descriptorsWithLetters } from "@geomesh/testing/letters-descriptors";
import { createTestCallers, type TestCaller } from "@geomesh/testing/test-callers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCallers } from "../trust/callers.ts";
import { createIdentify } from "../trust/identify.ts";
import { createEsClient, createTsProtoClient } from "./client.ts";
import { implement } from "./implement.ts";
import { fromServiceError } from "./status.ts";

const GATEWAY_ONLY = create(AccessSchema, {
  tenancy: { case: "noAccount", value: true },
  callers: [Access_Caller.GATEWAY],
});
const callers = createTestCallers();
let server: Awaited<ReturnType<typeof startTestGrpcServer>>;
/** What handlers and deserializers were given. */
const reached: string[] = [];

/** Letters whose first method of each kind of stream is for the gateway alone; Shout is for anyone. */
function descriptors(): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, descriptorsWithLetters());
  for (const { name, options } of set.file.at(-1)?.service[0]?.method ?? []) {
    if (options && name !== "Shout") setExtension(options, access, GATEWAY_ONLY);
  }
  return toBinary(FileDescriptorSetSchema, set);
}

beforeAll(async () => {
  const { spell } = LettersService;
  const requestDeserialize = (bytes: Buffer) => {
    reached.push(`${bytes}`);
    return `${bytes}`;
  };
  const service = { ...LettersService, spell: { ...spell, requestDeserialize } };
  server = await startTestGrpcServer(implement(service, letters), {
    descriptors: descriptors(),
    identify: createIdentify(await readCallers("AUTH_CALLERS_FILE", callers.file)),
  });
});
afterAll(async () => {
  await server.close(0);
  callers.remove();
});

async function spelled(token: string | undefined): Promise<string> {
  const client = createTsProtoClient(LettersService, {
    address: server.address,
    deadlineMs: 10_000,
    ...(token !== undefined && { token }),
  });
  try {
    let text = "";
    for await (const letter of client.spell("mesh")) text += letter;
    return text;
  } finally {
    client.close();
  }
}

test("a caller that the contract names is answered", async () => {
  expect(await spelled(callers.tokenOf("gateway"))).toBe("mesh");
});

test.each([
  ["no credential", undefined],
  ["a token that nobody has", "the-token-of-nobody"],
  ["the hash of a token instead of the token", "sha256:abc"],
])("a call with %s is refused as unauthenticated, before its request is read", async (_, token) => {
  reached.length = 0;
  await expect(spelled(token)).rejects.toMatchObject({
    kind: "unauthenticated",
    reason: "CALLER_UNKNOWN",
  });
  expect(reached).toEqual([]);
});

test.each<TestCaller>(["metering", "operator"])(
  "%s, whom the contract does not name, is told so, before its request is read",
  async (caller) => {
    reached.length = 0;
    await expect(spelled(callers.tokenOf(caller))).rejects.toMatchObject({
      kind: "permission_denied",
      reason: "CALLER_FORBIDDEN",
    });
    expect(reached).toEqual([]);
  },
);

test("a bidirectional stream is refused as well", async () => {
  const client = createTsProtoClient(LettersService, {
    address: server.address,
    deadlineMs: 10_000,
  });
  const call = client.echo();
  call.write("mesh");
  const failed = await call.toArray().catch(fromServiceError);
  expect(failed).toMatchObject({ reason: "CALLER_UNKNOWN" });
  client.close();
});

test.each([
  ["no credential", undefined],
  ["a token that nobody has", "the-token-of-nobody"],
])("an RPC for anyone, and health, are answered with %s", async (_, token) => {
  const options = { address: server.address, deadlineMs: 10_000, ...(token && { token }) };
  const client = createTsProtoClient(LettersService, options);
  const health = createEsClient(Health, options);
  expect(await client.shout("mesh")).toBe("MESH");
  expect(await health.check({ service: "" })).toMatchObject({ status: 1 });
  client.close();
  health.close();
});
