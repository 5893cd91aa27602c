import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { buffer, text } from "node:stream/consumers";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, afterEach, expect, test } from "vitest";
import { type ConnectionServer, startConnectionServer } from "./connection-server.ts";
import type { Handle } from "./exchange.ts";
import { http1 } from "./testing/clients.ts";
import { parseAnswers } from "./testing/raw-http.ts";
import { FRAME, type RawFrame, RawHttp2 } from "./testing/raw-http2.ts";
import { Unsent } from "./unsent.ts";

const HIGHEST_STREAM = 2 ** 31 - 1;
const HOUR_MS = 3_600_000;

const unsent = new Unsent(SYSTEM_CLOCK);
afterAll(() => unsent.close());

let server: ConnectionServer;
afterEach(() => server.close(0));

/** Answers by the path. */
const echo: Handle = (request, response) =>
  void (response as http.ServerResponse).end(`${request.url}`);

async function start(handle: Handle = echo): Promise<number> {
  const deps = { handle, newRequestId: () => "id", clock: SYSTEM_CLOCK, unsent };
  server = await startConnectionServer(deps, { host: "127.0.0.1", port: 0 });
  return server.port;
}

/** The last streams that GOAWAY frames named. */
const goaways = (frames: readonly RawFrame[]) =>
  frames.filter(({ type }) => type === FRAME.goaway).map(({ payload }) => payload.readUInt32BE());

test("a kept connection of HTTP/1.1 is told to close with its next answer; a new one is served too", async () => {
  const port = await start();
  const agent = new http.Agent({ keepAlive: true });
  const ask = async () => {
    const request = http.get({ port, host: "127.0.0.1", agent });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    const { localPort } = response.socket;
    await text(response);
    return { connection: response.headers.connection, localPort, socket: request.socket };
  };
  const before = await ask();
  expect(before.connection).toBe("keep-alive");
  server.leave();
  const last = await ask();
  expect(last).toMatchObject({ localPort: before.localPort, connection: "close" });
  await eventually(() => before.socket?.destroyed === true);
  expect(await ask()).toMatchObject({ connection: "close" });
  agent.destroy();
});

test("of requests in one write all are answered, and the last answer says close", async () => {
  const held: http.ServerResponse[] = [];
  const port = await start((_request, response) => void held.push(response as http.ServerResponse));
  server.leave();
  const socket = net.connect(port, "127.0.0.1");
  const got = text(socket);
  socket.write("GET /a HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
  await eventually(() => held.length === 3);
  for (const response of held) response.setHeader("content-length", 2).end("ok");
  const answers = parseAnswers(await got);
  expect(answers.map(({ headers }) => headers["connection"])).toEqual([
    ...["keep-alive", "keep-alive", "close"],
  ]);
});

test("streams of HTTP/2 that begin before the client has read the notice are served, and then it ends", async () => {
  const port = await start();
  const client = new RawHttp2(port);
  client.get([1, "/1"]);
  await client.until(() => client.answered().length === 1);
  client.answersPings = false;
  server.leave();
  await client.until((frames) => goaways(frames).length === 1);
  client.get([3, "/3"], [5, "/5"]);
  const frames = await client.until(() => client.answered().length === 3);
  expect(client.answered()).toEqual([1, 3, 5]);
  expect(goaways(frames)).toEqual([HIGHEST_STREAM]);
  await once(client.socket, "close");
  expect(goaways(client.frames).at(-1)).toBe(5);
});

test("a connection of HTTP/2 ends at once when its client has read the notice and has no stream", async () => {
  const port = await start();
  const client = new RawHttp2(port);
  await client.until((frames) => frames.length > 0);
  server.leave();
  await once(client.socket, "close");
  expect(goaways(client.frames)[0]).toBe(HIGHEST_STREAM);
});

test("a stream that is under way while its connection retires is answered to its end", async () => {
  const held: http.ServerResponse[] = [];
  const port = await start((_request, response) => void held.push(response as http.ServerResponse));
  const client = new RawHttp2(port);
  client.get([1, "/1"]);
  await eventually(() => held.length === 1);
  const closed = server.close(HOUR_MS);
  await client.until((frames) => goaways(frames).includes(1));
  held[0]?.end("late");
  await closed;
  expect(client.answered()).toEqual([1]);
});

test("a long answer that is being sent while its connection retires arrives byte by byte", async () => {
  const body = Buffer.alloc(20_000_000, "0123456789");
  const port = await start(
    (_request, response) => void (response as http.ServerResponse).end(body),
  );
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const streams = Array.from({ length: 3 }, () => session.request({ ":path": "/" }));
  const bodies = Promise.all(streams.map(buffer));
  await once(streams[0] as http2.ClientHttp2Stream, "data");
  server.leave();
  for (const received of await bodies) expect(received.equals(body)).toBe(true);
  session.close();
});

test("a connection of HTTP/2 that is made while the server leaves serves its first request", async () => {
  const port = await start();
  server.leave();
  const client = new RawHttp2(port);
  client.get([1, "/1"]);
  await once(client.socket, "close");
  expect(client.answered()).toEqual([1]);
  expect(goaways(client.frames)[0]).toBe(HIGHEST_STREAM);
});

test("a client of HTTP/2 that asks without a pause loses no request while the server leaves", async () => {
  const port = await start();
  const seen = { answered: 0, failed: [] as unknown[], sessions: 0 };
  let session: http2.ClientHttp2Session | undefined;
  const connected = () => {
    if (session === undefined || session.closed || session.destroyed) {
      session = http2.connect(`http://127.0.0.1:${port}`);
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
        // What never left the client is sent again: the server has refused nothing (RFC 9113, section 8.7).
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

test("connections that wait to be accepted when the server closes are answered", async () => {
  const port = await start();
  const answers = Array.from({ length: 30 }, () => http1(port, { path: "/" }));
  // The system has completed the connections; none is accepted yet.
  await server.close(HOUR_MS);
  expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([200]));
});
