import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectEvents, type EventBus } from "@geomesh/runtime/events/bus";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { natsForTest } from "@geomesh/testing/test-bus";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority } from "./certificates.ts";
import { natsConfig } from "./nats-config.ts";
import { newNatsKey } from "./nats-key.ts";

const key = newNatsKey();
const USER = { ...key, name: "test", rights: { publish: [">"], subscribe: [">"] } };
const DISTRUST = "what answers as NATS is not believed";
const authority = createAuthority("Test authority");

/** Files with these texts, by their names, in a directory of this test. */
function files(texts: Readonly<Record<string, string>>): (name: string) => string {
  const dir = mkdtempSync(join(tmpdir(), "geomesh-tls-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(dir, name), text);
  return (name) => join(dir, name);
}

/** A nats-server whose certificate has these names, and what its clients read. */
async function tlsNats(...names: string[]) {
  const { cert, key: secret } = authority.issue(...names);
  const file = files({ "ca.pem": authority.cert, "cert.pem": cert, "key.pem": secret });
  const nats = await natsForTest();
  await nats.stop();
  nats.configure(natsConfig([USER], { certFile: file("cert.pem"), keyFile: file("key.pem") }));
  await nats.start();
  return { port: nats.port, caFile: file("ca.pem") };
}

/** A bus, and what it logs. */
async function busAt(url: string, caFile: string): Promise<{ bus: EventBus; lines: string[] }> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ service: "test", level: "warn", destination });
  const bus = await connectEvents({ url, caFile, name: "test", log });
  onTestFinished(() => bus.close());
  return { bus, lines };
}

const messagesOf = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).msg);

test.each([
  ["tls", "127.0.0.1"],
  ["nats", "127.0.0.1"],
  ["tls", "localhost"],
])(
  "%s: at %s connects to a server that the authority vouches for by that name",
  async (protocol, host) => {
    const { port, caFile } = await tlsNats(host);
    const { bus } = await busAt(`${protocol}://${key.seed}@${host}:${port}`, caFile);
    await eventually(() => expect(bus.connected).toBe(true));
  },
);

test.each([
  ["for another name", "localhost", authority.cert, "does not match certificate's altnames"],
  ["of another authority", "127.0.0.1", createAuthority("Another").cert, "UNABLE_TO_VERIFY_LEAF"],
  [
    "of another authority with the same name",
    "127.0.0.1",
    createAuthority("Test authority").cert,
    "CERT_SIGNATURE_FAILURE",
  ],
])("a certificate %s is not believed, which the log tells once", async (_, name, ca, problem) => {
  const { port } = await tlsNats(name);
  const caFile = files({ "ca.pem": ca })("ca.pem");
  const { bus, lines } = await busAt(`tls://${key.seed}@127.0.0.1:${port}`, caFile);
  await eventually(() => expect(lines).toHaveLength(1));
  expect(lines[0]).toContain(problem);
  expect(messagesOf(lines)).toEqual([DISTRUST]);
  expect(bus.connected).toBe(false);
});

/** Says what a server says, or nothing, does to the connection what it is told to, and counts. */
async function impostor(
  hello: object | undefined,
  { port = 0, next = (_: Socket): void => undefined } = {},
) {
  const heard = { connections: 0, closed: 0, bytes: 0 };
  const server = createServer((socket) => {
    heard.connections += 1;
    socket
      .on("error", () => undefined)
      .on("close", () => {
        heard.closed += 1;
      });
    socket.on("data", (chunk) => {
      heard.bytes += chunk.length;
    });
    if (hello === undefined) return;
    const info = { server_id: "x", version: "2.9.10", headers: true, max_payload: 1024, ...hello };
    socket.write(`INFO ${JSON.stringify(info)} \r\nPONG\r\n+OK\r\n`, () => next(socket));
  }).listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return { heard, port: (server.address() as AddressInfo).port };
}

test("a server without TLS at the place of one that has gone is told nothing, and the log tells of it", async () => {
  const port = await freePort();
  const caFile = files({ "ca.pem": authority.cert })("ca.pem");
  const { bus, lines } = await busAt(`tls://${key.seed}@127.0.0.1:${port}`, caFile);
  await eventually(() => expect(messagesOf(lines)).toEqual(["waiting for NATS"]));
  const { heard } = await impostor({ nonce: "relayed", auth_required: true }, { port });
  await eventually(() => expect(heard.connections).toBeGreaterThan(2));
  expect([bus.connected, bus.problems(), heard.bytes]).toEqual([false, [], 0]);
  expect(messagesOf(lines)).toEqual(["waiting for NATS", DISTRUST]);
});

test("a server that resets the connection when TLS is to begin ends nobody", async () => {
  const { heard, port } = await impostor(
    { tls_required: true },
    { next: (socket) => void setImmediate(() => socket.resetAndDestroy()) },
  );
  const caFile = files({ "ca.pem": authority.cert })("ca.pem");
  const { bus } = await busAt(`tls://${key.seed}@127.0.0.1:${port}`, caFile);
  await eventually(() => expect(heard.connections).toBeGreaterThan(4), { deadlineMs: 15_000 });
  expect(bus.connected).toBe(false);
});

test.each([
  ["says nothing", undefined],
  ["says nothing when TLS is to begin", { tls_required: true }],
])("a server that accepts and %s costs no socket once it has timed out", async (_, hello) => {
  const { heard, port } = await impostor(hello);
  const caFile = files({ "ca.pem": authority.cert })("ca.pem");
  const { bus } = await busAt(`tls://${key.seed}@127.0.0.1:${port}`, caFile);
  await eventually(() => expect(heard.closed).toBeGreaterThan(1), { deadlineMs: 20_000 });
  expect(bus.connected).toBe(false);
});

test("an authority's file that is missing is told in a sentence, and used once it is there", async () => {
  const { port, caFile } = await tlsNats("127.0.0.1");
  const file = `${caFile}.later`;
  const { bus } = await busAt(`tls://${key.seed}@127.0.0.1:${port}`, file);
  const message = `NATS_CA_FILE: ${file} cannot be read (ENOENT)`;
  await eventually(() => expect(bus.problems()).toEqual([{ reason: "nats_refused", message }]));
  writeFileSync(file, authority.cert);
  await eventually(() => expect([bus.connected, bus.problems()]).toEqual([true, []]));
});
