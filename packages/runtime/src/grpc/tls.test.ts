import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect as connectTls } from "node:tls";
import { create, fromBinary, setExtension, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Access_Caller, AccessSchema, access } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { type Authority, type Certificate, createAuthority } from "@geomesh/servers/certificates";
import { eventually } from "@geomesh/testing/eventually";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { descriptorsWithLetters } from "@geomesh/testing/letters-descriptors";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AppError } from "../errors.ts";
import { createLog } from "../log.ts";
import { createIdentify } from "../trust/identify.ts";
import { openTlsFiles, type TlsFiles } from "../trust/tls-files.ts";
import { createTsProtoClient } from "./client.ts";
import { implement } from "./implement.ts";

const POLL_MS = 20;
const logged: string[] = [];
const log = createLog({
  service: "test",
  destination: { write: (line) => void logged.push(line) },
});
const GATEWAY_NAME = "spiffe://example.org/gateway";
const KNOWN = {
  byTokenHash: new Map(),
  byName: new Map([
    [GATEWAY_NAME, Access_Caller.GATEWAY],
    ["dns:metering", Access_Caller.METERING],
  ]),
};

let dir: string;
let authority: Authority;
const opened: { close(graceMs: number): unknown }[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "tls-"));
  authority = createAuthority("Test authority");
});
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close(0);
  rmSync(dir, { recursive: true });
});

/** The service of letters for the gateway alone. */
function descriptors(): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, descriptorsWithLetters());
  const policy = create(AccessSchema, {
    tenancy: { case: "noAccount", value: true },
    callers: [Access_Caller.GATEWAY],
  });
  for (const { options } of set.file.at(-1)?.service[0]?.method ?? []) {
    if (options) setExtension(options, access, policy);
  }
  return toBinary(FileDescriptorSetSchema, set);
}

function write(who: string, { cert, key }: Certificate, ca: string) {
  const paths = {
    tlsCertFile: path.join(dir, `${who}.crt`),
    tlsKeyFile: path.join(dir, `${who}.key`),
    tlsCaFile: path.join(dir, `${who}.ca`),
  };
  writeFileSync(paths.tlsCertFile, cert);
  writeFileSync(paths.tlsKeyFile, key);
  writeFileSync(paths.tlsCaFile, ca);
  return paths;
}

async function filesOf(who: string, certificate: Certificate, ca = authority.cert) {
  const files = await openTlsFiles(write(who, certificate, ca), { log }, { pollMs: POLL_MS });
  if (files === undefined) throw new Error("no files");
  opened.push(files);
  return files;
}

async function serve(tls: TlsFiles) {
  const server = await startTestGrpcServer(implement(LettersService, letters), {
    descriptors: descriptors(),
    identify: createIdentify(KNOWN),
    tls,
  });
  opened.push(server);
  return server;
}

const serverFiles = () => filesOf("server", authority.issue("localhost"));

/** What a new connection with these files gets. */
async function shoutWith(port: number, tls: TlsFiles | undefined): Promise<string> {
  const options = { address: `localhost:${port}`, deadlineMs: 5_000, ...(tls && { tls }) };
  const client = createTsProtoClient(LettersService, options);
  return client
    .shout("mesh")
    .catch((error: AppError) => error.reason)
    .finally(() => client.close());
}

test.each([
  ["a name that is the gateway's", [GATEWAY_NAME], "MESH"],
  ["a name of another caller", ["metering"], "CALLER_FORBIDDEN"],
  ["a name of nobody", ["gateway.evil.example"], "CALLER_UNKNOWN"],
])("a caller is who its certificate says: %s", async (_, names, outcome) => {
  const { port } = await serve(await serverFiles());
  const client = await filesOf("client", authority.issue(...names));
  expect(await shoutWith(port, client)).toBe(outcome);
});

test.each([
  ["another authority", "Another authority"],
  ["an authority that only has the name of the right one", "Test authority"],
])("a certificate of %s makes nobody the gateway", async (_, name) => {
  const { port } = await serve(await serverFiles());
  const client = await filesOf("client", createAuthority(name).issue(GATEWAY_NAME));
  // OpenSSL may also break a connection whose certificate has a wrong signature.
  expect(["CALLER_UNKNOWN", "UPSTREAM_UNAVAILABLE"]).toContain(await shoutWith(port, client));
});

test("a caller without TLS gets no answer", async () => {
  const { port } = await serve(await serverFiles());
  expect(await shoutWith(port, undefined)).toBe("UPSTREAM_UNAVAILABLE");
});

test.each([
  [
    "of an authority that it does not trust",
    () => createAuthority("Test authority").issue("localhost"),
  ],
  ["of another process", () => authority.issue("metering", GATEWAY_NAME)],
])("a caller sends nothing to a server with a certificate %s", async (_, issue) => {
  const { port } = await serve(await filesOf("server", issue()));
  const client = await filesOf("client", authority.issue(GATEWAY_NAME));
  expect(await shoutWith(port, client)).toBe("UPSTREAM_UNAVAILABLE");
});

test("both ends take new certificates of a new authority without a restart", async () => {
  const server = await serverFiles();
  const client = await filesOf("client", authority.issue(GATEWAY_NAME));
  const { port } = await serve(server);
  expect(await shoutWith(port, client)).toBe("MESH");

  const next = createAuthority("Next authority");
  const changed = Promise.all(
    [server, client].map(
      (files) => new Promise<void>((resolve) => void files.onChange(() => resolve())),
    ),
  );
  write("server", next.issue("localhost"), next.cert);
  write("client", next.issue(GATEWAY_NAME), next.cert);
  await changed;
  expect(await shoutWith(port, client)).toBe("MESH");

  const old = await filesOf("old", authority.issue(GATEWAY_NAME), next.cert);
  expect(await shoutWith(port, old)).toBe("CALLER_UNKNOWN");
});

test("a client that is connected goes on, and connects anew with what its files hold by then", async () => {
  const files = await filesOf("client", authority.issue("metering"));
  const first = await serve(await serverFiles());
  const options = { address: `localhost:${first.port}`, deadlineMs: 5_000, tls: files };
  const client = createTsProtoClient(LettersService, options);
  opened.push(client);
  await expect(client.shout("mesh")).rejects.toMatchObject({ reason: "CALLER_FORBIDDEN" });
  const changed = new Promise<void>((resolve) => void files.onChange(() => resolve()));
  write("client", authority.issue(GATEWAY_NAME), authority.cert);
  await changed;
  await first.close(0);
  const again = await startTestGrpcServer(implement(LettersService, letters), {
    descriptors: descriptors(),
    identify: createIdentify(KNOWN),
    tls: await filesOf("again", authority.issue("localhost")),
    port: first.port,
  });
  opened.push(again);
  const shouted = () => client.shout("mesh").then((text) => text === "MESH");
  await eventually(shouted, { deadlineMs: 10_000 });
});

test("files that do not fit together, as between two writes, leave the former in use", async () => {
  const server = await serverFiles();
  const before = server.current;
  const client = await filesOf("client", authority.issue(GATEWAY_NAME));
  const { port } = await serve(server);
  writeFileSync(path.join(dir, "server.crt"), authority.issue("localhost").cert);
  writeFileSync(path.join(dir, "client.ca"), "nothing");
  const warnings = () => logged.filter((line) => line.includes("the former stay in use"));
  await eventually(() => warnings().length === 2, { deadlineMs: 20_000 });
  expect(server.current).toBe(before);
  expect(await shoutWith(port, client)).toBe("MESH");
});

test("a session is not resumed, so that trust is asked for anew", async () => {
  const { port } = await serve(await serverFiles());
  const { cert, key } = authority.issue(GATEWAY_NAME);
  const options = { port, host: "localhost", cert, key, ca: authority.cert, ALPNProtocols: ["h2"] };
  const connectOnce = (session?: Buffer) =>
    new Promise<{ session: Buffer | undefined; isReused: boolean }>((resolve, reject) => {
      const socket = connectTls({ ...options, ...(session && { session }) });
      let ticket: Buffer | undefined;
      socket.on("session", (found) => {
        ticket = found;
      });
      socket.once("error", reject);
      // The first frame of HTTP/2 comes after whatever tickets there are.
      socket.once("data", () => {
        resolve({ session: ticket ?? socket.getSession(), isReused: socket.isSessionReused() });
        socket.destroy();
      });
    });
  const { session } = await connectOnce();
  expect(await connectOnce(session)).toMatchObject({ isReused: false });
});

test.each([
  [
    "a file that is not there",
    (paths: Paths) => ({ ...paths, tlsKeyFile: "/nope" }),
    "TLS files: ENOENT",
  ],
  [
    "a key of another certificate",
    (paths: Paths) => ({ ...paths, tlsKeyFile: otherKey() }),
    "TLS files: ",
  ],
  [
    "authorities that are none",
    (paths: Paths) => ({ ...paths, tlsCaFile: paths.tlsKeyFile }),
    "TLS files: ",
  ],
  [
    "a certificate without its key",
    (paths: Paths) => ({ ...paths, tlsKeyFile: "" }),
    "must be set together",
  ],
])("a process does not start with %s", async (_, change, sentence) => {
  const paths = change(write("process", authority.issue("localhost"), authority.cert));
  await expect(openTlsFiles(paths, { log })).rejects.toMatchObject({
    reason: "SETTING_INVALID",
    publicMessage: expect.stringContaining(sentence),
  });
});

type Paths = ReturnType<typeof write>;
const otherKey = () => write("other", authority.issue("localhost"), "").tlsKeyFile;
