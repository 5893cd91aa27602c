import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { text } from "node:stream/consumers";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { afterAll, afterEach, expect, test } from "vitest";
import {
  type ConnectionServer,
  type ConnectionServerOptions,
  startConnectionServer,
} from "./connection-server.ts";
import type { Handle } from "./exchange.ts";
import { http1, http2PriorKnowledge } from "./testing/clients.ts";
import { Unsent } from "./unsent.ts";

const BODY = "x".repeat(200_000);
/** What an HTTP/2 client begins with: the preface and empty settings. */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const unsent = new Unsent(SYSTEM_CLOCK);
afterAll(() => unsent.close());

let server: ConnectionServer;
afterEach(() => server.close(0));

/** Tells the protocol and the length of the body. */
const echo: Handle = async (request, response) => {
  const body = await text(request as http.IncomingMessage);
  (response as http.ServerResponse).end(`${request.httpVersion} ${body.length}`);
};

const deps = (handle: Handle) => ({
  handle,
  newRequestId: () => "id",
  clock: SYSTEM_CLOCK,
  unsent,
});

async function start(handle: Handle, limits: Partial<ConnectionServerOptions> = {}) {
  server = await startConnectionServer(deps(handle), { host: "127.0.0.1", port: 0, ...limits });
  return server;
}

test("both protocols are served on one port at the same time, bodies and all", async () => {
  const { port } = await start(echo);
  const sent = { method: "POST", path: "/", body: BODY };
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? http1 : http2PriorKnowledge)(port, sent)),
  );
  const bodies = answers.map(({ body }) => body);
  expect(bodies.filter((body) => body === "1.1 200000")).toHaveLength(10);
  expect(bodies.filter((body) => body === "2.0 200000")).toHaveLength(10);
});

test("a kept-alive connection serves many requests", async () => {
  const { port } = await start(echo);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (let n = 0; n < 5; n += 1) {
    const request = http.request({ port, host: "127.0.0.1", agent }).end();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(await text(response)).toBe("1.1 0");
    ports.add(request.socket?.localPort);
  }
  expect(ports.size).toBe(1);
  agent.destroy();
});

test("the preface of HTTP/2 may come byte by byte", async () => {
  const { port } = await start(echo);
  const socket = net.connect(port, "127.0.0.1").setNoDelay(true);
  for (const byte of Buffer.from(PREFACE)) {
    await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
  }
  const [frame] = (await once(socket, "data")) as [Buffer];
  expect(frame[3], "the type of a SETTINGS frame").toBe(4);
  socket.destroy();
});

test("a request that begins like the preface of HTTP/2 is one of HTTP/1.1", async () => {
  const { port } = await start(echo);
  const answer = await http1(port, { method: "PROPFIND", path: "/" });
  expect(answer.body).toBe("1.1 0");
});

test("a connection that stays silent, or in the middle of the preface, is cut", async () => {
  const { port } = await start(echo, { firstBytesMsMax: 100 });
  for (const beginning of ["", "PRI * HTTP"]) {
    const socket = net.connect(port, "127.0.0.1");
    socket.write(beginning);
    await once(socket, "close");
  }
});

test("closing lets requests under way end, on both protocols, and accepts no new ones", async () => {
  const held: (() => void)[] = [];
  const bothCame = Promise.withResolvers<void>();
  const { port } = await start((_request, response) => {
    held.push(() => (response as http.ServerResponse).end("done"));
    if (held.length === 2) bothCame.resolve();
  });
  const answers = [http1(port, { path: "/" }), http2PriorKnowledge(port, { path: "/" })];
  await bothCame.promise;
  const closed = server.close(10_000);
  for (const finish of held) finish();
  expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(["done", "done"]);
  await closed;
  await expect(http1(port, { path: "/" })).rejects.toThrow("ECONNREFUSED");
});

test("closing does not wait for connections that are idle or have sent nothing", async () => {
  const { port } = await start(echo);
  const agent = new http.Agent({ keepAlive: true });
  const request = http.request({ port, host: "127.0.0.1", agent }).end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  await text(response);
  const session = http2.connect(`http://127.0.0.1:${port}`);
  await once(session, "remoteSettings");
  const silent = net.connect(port, "127.0.0.1");
  await once(silent, "connect");
  const ended = [once(session, "close"), once(silent, "close")];
  await server.close(2 ** 30);
  await Promise.all(ended);
  agent.destroy();
});

test("closing cuts requests that do not end in time", async () => {
  const came = Promise.withResolvers<void>();
  const { port } = await start(() => came.resolve());
  const answer = http1(port, { path: "/" });
  await came.promise;
  const [cut] = await Promise.allSettled([answer, server.close(50)]);
  expect(cut).toMatchObject({ status: "rejected", reason: { code: "ECONNRESET" } });
});

test("a port in use is one clear error", async () => {
  const { port } = await start(echo);
  const again = startConnectionServer(deps(echo), { host: "127.0.0.1", port });
  await expect(again).rejects.toThrow("another process is using it");
});
