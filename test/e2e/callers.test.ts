import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createFileRegistry, type DescMethod, fromBinary, getOption } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { Access_Caller, access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { target } from "@geomesh/runtime/grpc/channel";
import { fromServiceError } from "@geomesh/runtime/grpc/status";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAt, startTestMesh, type TestMesh } from "../support/mesh.ts";

/** The services of a process, as reflection lists them. */
const SERVED = {
  geo: ["geomesh.geo.v1.GeoService", "geomesh.geo.v1.LookupService"],
  auth: ["geomesh.auth.v1.AuthService", "geomesh.auth.v1.DirectoryService"],
  metering: ["geomesh.metering.v1.MeteringService", "geomesh.metering.v1.LeaseService"],
} as const;
type Process = keyof typeof SERVED;

const OPEN = [
  "/grpc.health.v1.Health/Check",
  "/grpc.health.v1.Health/List",
  "/grpc.health.v1.Health/Watch",
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];
const REFUSALS = ["CALLER_UNKNOWN", "CALLER_FORBIDDEN"];
const CALL_MS_MAX = 20_000;

const run = promisify(execFile);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSetBytes()));
let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startTestMesh();
}, 60_000);
afterAll(() => mesh.close());

const methodsOf = (process: Process): DescMethod[] =>
  SERVED[process].flatMap((name) => [...(registry.getService(name)?.methods ?? [])]);

interface Shown {
  readonly credential: string;
  readonly header?: string;
  readonly caller: Access_Caller;
}

/** Everything that a local user or one of our processes may show to a process. */
function credentialsFor(process: Process): Shown[] {
  const bearer = (token: string) => `Bearer ${token}`;
  const nobody = { caller: Access_Caller.ANYONE };
  const all: Shown[] = [
    { credential: "nothing", ...nobody },
    { credential: "a guess", header: bearer("guess"), ...nobody },
    { credential: "an administrator's API key", header: bearer(mesh.adminKey), ...nobody },
    {
      credential: "the operator's token",
      header: bearer(mesh.operatorToken),
      caller: Access_Caller.OPERATOR,
    },
  ];
  const token = (caller: "gateway" | "metering", service: "auth" | "metering") =>
    bearer(callerAt(mesh, caller, service).token);
  const [gateway, metering] = [Access_Caller.GATEWAY, Access_Caller.METERING];
  const isAuth = process === "auth";
  const isMetering = process === "metering";
  all.push(
    {
      credential: "the gateway's token for auth",
      header: token("gateway", "auth"),
      caller: isAuth ? gateway : nobody.caller,
    },
    {
      credential: "metering's token for auth",
      header: token("metering", "auth"),
      caller: isAuth ? metering : nobody.caller,
    },
    {
      credential: "the gateway's token for metering",
      header: token("gateway", "metering"),
      caller: isMetering ? gateway : nobody.caller,
    },
  );
  return all;
}

/** What a call with an empty request ends with; undefined for an answer. */
async function reasonOf(client: Client, path: string, header: string | undefined) {
  const metadata = new Metadata();
  if (header !== undefined) metadata.set("authorization", header);
  const bytes = (message: Buffer) => message;
  const deadline = Date.now() + CALL_MS_MAX;
  const call = client.makeServerStreamRequest(path, bytes, bytes, Buffer.alloc(0), metadata, {
    deadline,
  });
  const answered = new Promise((resolve, reject) => {
    call.once("data", resolve).once("end", resolve).once("error", reject);
  });
  try {
    await answered;
    return undefined;
  } catch (error) {
    return fromServiceError(error).reason;
  } finally {
    call.on("error", () => undefined).cancel();
  }
}

test.each(["geo", "auth", "metering"] as const)(
  "at %s, by its port and its socket, every RPC answers exactly the callers that its contract names",
  async (process) => {
    const socket = `unix:${mesh.dataDir}/trust/${process}.sock`;
    const wrong: string[] = [];
    let calls = 0;
    for (const address of [mesh.addresses[process], socket]) {
      const client = new Client(target(address), credentials.createInsecure());
      for (const { credential, header, caller } of credentialsFor(process)) {
        for (const method of methodsOf(process)) {
          const { callers } = getOption(method, access);
          const isOpen = callers.includes(Access_Caller.ANYONE);
          const expected = isOpen || callers.includes(caller) ? undefined : refusalOf(caller);
          const path = `/${method.parent.typeName}/${method.name}`;
          const reason = await reasonOf(client, path, header);
          const refused = REFUSALS.find((refusal) => refusal === reason);
          if (refused !== expected) wrong.push(`${path} with ${credential}: ${reason}`);
          calls += 1;
        }
        for (const path of OPEN) {
          const reason = await reasonOf(client, path, header);
          if (reason !== undefined) wrong.push(`${path} with ${credential}: ${reason}`);
        }
      }
      client.close();
    }
    expect(wrong).toEqual([]);
    expect(calls).toBeGreaterThanOrEqual(methodsOf(process).length * 14);
  },
  60_000,
);

const refusalOf = (caller: Access_Caller) =>
  caller === Access_Caller.ANYONE ? "CALLER_UNKNOWN" : "CALLER_FORBIDDEN";

test.each(["geo", "auth", "metering"] as const)(
  "what reflection lists at %s can be called there, and nothing else is listed",
  async (process) => {
    const url = `http://${mesh.addresses[process]}`;
    const flags = ["--protocol", "grpc", "--http2-prior-knowledge", "--list-methods"];
    const { stdout } = await run("buf", ["curl", ...flags, url]);
    const listed = stdout
      .split("\n")
      .filter(Boolean)
      .map((method) => `/${method}`);
    const own = methodsOf(process).map(({ parent, name }) => `/${parent.typeName}/${name}`);
    expect(listed.toSorted()).toEqual([...own, ...OPEN].toSorted());
    const client = new Client(mesh.addresses[process], credentials.createInsecure());
    const reasons = await Promise.all(listed.map((path) => reasonOf(client, path, undefined)));
    expect(reasons).not.toContain("UNIMPLEMENTED");
    client.close();
  },
  60_000,
);

test("only geo, health and reflection are for anyone", () => {
  const open = (["geo", "auth", "metering"] as const).filter((process) =>
    methodsOf(process).some((method) =>
      getOption(method, access).callers.includes(Access_Caller.ANYONE),
    ),
  );
  expect(open).toEqual(["geo"]);
});
