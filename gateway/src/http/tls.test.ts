import { once } from "node:events";
import type http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { buffer, text } from "node:stream/consumers";
import tls from "node:tls";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, afterEach, expect, onTestFinished, test } from "vitest";
import {
  type ConnectionServer,
  type ConnectionServerOptions,
  startConnectionServer,
} from "./connection-server.ts";
import type { Handle } from "./exchange.ts";
import { http1, overTls } from "./testing/clients.ts";
import { sendRaw } from "./testing/raw-http.ts";
import { createTestCertificate } from "./testing/test-certificate.ts";
import { Unsent } from "./unsent.ts";

const BODY = "x".repeat(5_000_000);
const HOUR_MS = 3_600_000;
/** The first bytes of a TLS handshake, which wants 512 bytes more. */
const HALF_A_HANDSHAKE = Buffer.from("1603010200", "hex");

const certificate = createTestCertificate();
const { ca } = certificate;
const client = overTls(ca);
const unsent = new Unsent(SYSTEM_CLOCK);
afterAll(() => unsent.close());

let server: ConnectionServer;
let refused: string[] = [];
afterEach(() => server.close(0));

/** Tells the protocol, whose address asked, and the length of the body. */
const echo: Handle = async (request, response) => {
  const body = await text(request as http.IncomingMessage);
  const { remoteAddress } = request.socket;
  (response as http.ServerResponse).end(`${request.httpVersion} ${remoteAddress} ${body.length}`);
};

async function start(handle: Handle = echo, limits: Partial<ConnectionServerOptions> = {}) {
  refused = [];
  const deps = {
    ...{ handle, newRequestId: () => "id", clock: SYSTEM_CLOCK, unsent, certificate },
    onRefused: ({ message }: Error) => void refused.push(message),
  };
  server = await startConnectionServer(deps, {
    ...{ host: "127.0.0.1", port: 0, httpsPort: 0, ...limits },
  });
  return server;
}

/** A connection by TLS, which is closed with the test at the latest. */
async function connect(options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: "127.0.0.1", port: server.httpsPort, ca, ...options });
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  socket.on("error", () => undefined);
  return socket;
}

/** Bytes to the port for TLS without any. */
function connectPlain(bytes: string | Uint8Array): net.Socket {
  const socket = net.connect(server.httpsPort, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  socket.write(bytes);
  return socket;
}

test("ALPN chooses the protocol, and the port for cleartext stays as it is", async () => {
  const { port, httpsPort } = await start();
  const sent = { method: "POST", path: "/", body: BODY };
  const answers = await Promise.all(
    [client.http1, client.http2, client.http1, client.http2].map((ask) => ask(httpsPort, sent)),
  );
  const [one, two] = ["1.1 127.0.0.1 5000000", "2.0 127.0.0.1 5000000"];
  expect(answers.map(({ body }) => body)).toEqual([one, two, one, two]);
  expect((await http1(port, sent)).body).toBe(one);
});

test.each([
  ["a client that offers both gets HTTP/2", ["http/1.1", "h2"], "h2"],
  ["a client that offers HTTP/1.1 gets it", ["http/1.1"], "http/1.1"],
  ["a client without ALPN speaks HTTP/1.1", [], false],
])("%s", async (_guarantee, ALPNProtocols, chosen) => {
  await start();
  const socket = await connect({ ALPNProtocols });
  expect(socket.alpnProtocol).toBe(chosen);
  if (chosen === "h2") return;
  socket.write("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test("a client that offers no protocol of ours is told so, and the server goes on", async () => {
  const { httpsPort } = await start();
  await expect(connect({ ALPNProtocols: ["smtp"] })).rejects.toThrow(/no application protocol/i);
  expect((await client.http2(httpsPort, { path: "/" })).status).toBe(200);
  expect(server.counts.failedHandshakes).toBe(1);
});

test.each(["TLSv1.2", "TLSv1.3"] as const)("%s is spoken by both protocols", async (version) => {
  await start();
  const versions = { minVersion: version, maxVersion: version };
  const socket = await connect({ ...versions, ALPNProtocols: ["http/1.1"] });
  socket.write("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  const session = http2.connect(`https://127.0.0.1:${server.httpsPort}`, { ca, ...versions });
  expect(await text(session.request({ ":path": "/" }))).toBe("2.0 127.0.0.1 0");
  session.close();
});

test("older versions of TLS are refused", async () => {
  await start();
  const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" } as const;
  await expect(connect(old)).rejects.toThrow(/protocol version|unsupported/i);
});

test("cleartext HTTP to the port for TLS is told what the port speaks", async () => {
  const { httpsPort } = await start();
  for (const bytes of ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]) {
    const answer = await sendRaw(httpsPort, bytes);
    expect(answer).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*\r\nconnection: close\r\n[\s\S]*speaks TLS: use https/,
    );
  }
  expect(refused).toHaveLength(2);
});

test("bytes that are neither TLS nor HTTP are cut", async () => {
  const { httpsPort } = await start();
  for (const bytes of ["\0\0\0", "\x80\x2e\x01\x03\x01", "ssh"]) {
    expect(await sendRaw(httpsPort, Buffer.from(bytes, "latin1"))).toBe("");
  }
  // It begins as TLS does, and gets an alert.
  await sendRaw(httpsPort, Buffer.from("16030100050000000000", "hex"));
  expect(server.counts.failedHandshakes).toBe(1);
});

test.each([
  ["that stays silent", ""],
  ["that stops in its handshake", HALF_A_HANDSHAKE],
])("a client %s is cut", async (_what, bytes) => {
  await start(echo, { handshakeMsMax: 100 });
  await once(connectPlain(bytes).resume(), "close");
});

test("a client that stays silent after its handshake is cut", async () => {
  await start(echo, { firstBytesMsMax: 100 });
  for (const ALPNProtocols of [["h2"], ["http/1.1"]]) {
    await once((await connect({ ALPNProtocols })).resume(), "close");
  }
});

test("where too many handshakes are under way, the oldest makes room and honest clients are served", async () => {
  const { httpsPort } = await start(echo, { handshakesMax: 3 });
  const stuck = Array.from({ length: 3 }, () => connectPlain(HALF_A_HANDSHAKE));
  await Promise.all(stuck.map((socket) => once(socket, "connect")));
  const closed = once(stuck[0] as net.Socket, "close");
  expect((await client.http1(httpsPort, { path: "/" })).status).toBe(200);
  await closed;
});

test("a client that goes away in the middle of everything leaves nothing behind", async () => {
  await start(() => undefined);
  const half = connectPlain(HALF_A_HANDSHAKE);
  await once(half, "connect");
  half.end();
  await once(half.resume(), "close");
  const socket = await connect();
  socket.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  await eventually(() => server.counts.http1 === 1);
  socket.destroy();
  const session = http2.connect(`https://127.0.0.1:${server.httpsPort}`, { ca });
  session.on("error", () => undefined);
  session.request({ ":path": "/" }).on("error", () => undefined);
  await eventually(() => server.counts.http2 === 1);
  session.destroy();
  await eventually(() => server.counts.http1 + server.counts.http2 === 0);
  await server.close(HOUR_MS);
});

test("a client that ends its side first still gets its answer", async () => {
  await start();
  const socket = await connect();
  socket.allowHalfOpen = true;
  socket.end("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc");
  expect(await text(socket)).toMatch(/1\.1 127\.0\.0\.1 3$/);
});

test("an answer before the end of a large body arrives, and then the connection ends", async () => {
  await start((_request, response) => {
    (response as http.ServerResponse).writeHead(413, { connection: "close" }).end("too large");
  });
  const socket = await connect();
  socket.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 50000000\r\n\r\n");
  socket.write(BODY.slice(0, 1_000_000));
  expect(await text(socket)).toMatch(/too large/);
});

test("closing ends idle connections and those in their handshake, and waits for requests", async () => {
  const held: http.ServerResponse[] = [];
  const { httpsPort } = await start((_request, response) => {
    held.push(response as http.ServerResponse);
  });
  const answers = [client.http1(httpsPort, { path: "/" }), client.http2(httpsPort, { path: "/" })];
  await eventually(() => held.length === 2);
  const idle = await connect();
  const stuck = connectPlain(HALF_A_HANDSHAKE);
  await once(stuck, "connect");
  const ended = [once(idle.resume(), "close"), once(stuck.resume(), "close")];
  const closed = server.close(HOUR_MS);
  await Promise.all(ended);
  for (const response of held) response.end("done");
  expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(["done", "done"]);
  await closed;
  await expect(client.http1(httpsPort, { path: "/" })).rejects.toThrow("ECONNREFUSED");
});

test("a server that leaves serves the next request of each kept connection, and tells it to go elsewhere", async () => {
  const { httpsPort } = await start();
  const kept = await connect({ ALPNProtocols: ["http/1.1"] });
  kept.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  await once(kept, "data");
  const session = http2.connect(`https://127.0.0.1:${httpsPort}`, { ca });
  await text(session.request({ ":path": "/" }));
  const goaway = once(session, "goaway");
  server.leave();
  expect((await goaway)[0]).toBe(0);
  kept.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  expect(await text(kept)).toMatch(/\r\nConnection: close\r\n/);
  expect((await client.http2(httpsPort, { path: "/" })).status).toBe(200);
});

test("long answers that are being sent while their connections retire arrive byte by byte", async () => {
  const body = Buffer.alloc(3_000_000, "0123456789");
  const { httpsPort } = await start((_request, response) => {
    (response as http.ServerResponse).end(body);
  });
  const session = http2.connect(`https://127.0.0.1:${httpsPort}`, { ca });
  const streams = Array.from({ length: 3 }, () => session.request({ ":path": "/" }));
  const bodies = Promise.all(streams.map(buffer));
  const other = client.http1(httpsPort, { path: "/" });
  await once(streams[0] as http2.ClientHttp2Stream, "data");
  server.leave();
  for (const received of await bodies) expect(received.equals(body)).toBe(true);
  expect((await other).bytes.equals(body)).toBe(true);
});

test("clients of HTTP/2 that ask without a pause lose no request while the server leaves", async () => {
  const { httpsPort } = await start();
  const seen = { answered: 0, failed: [] as unknown[], sessions: 0 };
  let session: http2.ClientHttp2Session | undefined;
  const connected = () => {
    if (session === undefined || session.closed || session.destroyed) {
      session = http2.connect(`https://127.0.0.1:${httpsPort}`, { ca });
      session.on("error", () => undefined);
      seen.sessions += 1;
    }
    return session;
  };
  let isDone = false;
  const loop = async () => {
    while (!isDone) {
      try {
        await text(connected().request({ ":path": "/" }));
        seen.answered += 1;
      } catch (error) {
        // What the server has not seen is sent again (RFC 9113, section 8.7).
        if (!`${error}`.includes("REFUSED_STREAM")) seen.failed.push(error);
      }
    }
  };
  const loops = Array.from({ length: 10 }, loop);
  await eventually(() => seen.answered > 100);
  server.leave();
  const before = seen.sessions;
  await eventually(() => seen.sessions > before + 5);
  isDone = true;
  await Promise.all(loops);
  expect(seen.failed).toEqual([]);
});

test("a port for TLS in use is one clear error, and the other port is free again", async () => {
  const { httpsPort } = await start();
  const deps = { handle: echo, newRequestId: () => "id", clock: SYSTEM_CLOCK, unsent, certificate };
  const free = net.createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as net.AddressInfo;
  free.close();
  const again = startConnectionServer(deps, { host: "127.0.0.1", port, httpsPort });
  await expect(again).rejects.toThrow(`${httpsPort}: another process is using it`);
  await expect(http1(port, { path: "/" })).rejects.toThrow("ECONNREFUSED");
});
