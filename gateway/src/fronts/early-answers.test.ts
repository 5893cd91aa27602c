import { once } from "node:events";
import http2 from "node:http2";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { AppError } from "@geomesh/runtime/errors";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from "vitest";
import { openRaw } from "../http/testing/raw-http.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

const RPC = "/geomesh.geo.v1.GeoService/GetLocation";
const BATCH = "/v1/locations:batchGet";
const KEY = { "x-api-key": TEST_KEY };
const JSON_TYPE = { "content-type": "application/json" };
const GRPC = { "content-type": "application/grpc", te: "trailers" };
const STALE = { "x-api-key": "stale" };
const BUSY = { "x-api-key": "busy" };

type Call = readonly [
  what: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  status: number,
];

/** Calls of every front that are answered before their body is read, or that need none of it. */
const CALLS: readonly Call[] = [
  ["REST: a path that does not exist", "POST", "/nope", {}, 404],
  ["REST: no key", "POST", BATCH, JSON_TYPE, 401],
  ["REST: keys cannot be checked", "POST", BATCH, { ...JSON_TYPE, ...STALE }, 503],
  ["REST: too many requests", "POST", BATCH, { ...JSON_TYPE, ...BUSY }, 429],
  ["REST: two keys", "POST", `${BATCH}?api_key=b`, { ...JSON_TYPE, ...KEY }, 400],
  ["REST: another method", "POST", "/v1/datasets", KEY, 405],
  ["REST: a body that is too large", "POST", BATCH, { ...JSON_TYPE, ...KEY }, 413],
  ["REST: a body that nobody asked for", "GET", "/v1/datasets", KEY, 200],
  ["REST: a long target", "POST", `/${"x".repeat(9_000)}`, {}, 414],
  ["files: another method", "POST", "/v1/flags/de.svg", {}, 405],
  ["files: no such flag", "POST", "/v1/flags/zz.svg", {}, 404],
  ["files: a body that nobody asked for", "GET", "/v1/flags/de.svg", {}, 200],
  ["Connect: no key", "POST", RPC, JSON_TYPE, 401],
  ["Connect: keys cannot be checked", "POST", RPC, { ...JSON_TYPE, ...STALE }, 503],
  ["Connect: too many requests", "POST", RPC, { ...JSON_TYPE, ...BUSY }, 429],
  ["Connect: another type", "POST", RPC, { "content-type": "text/plain", ...KEY }, 415],
  ["Connect: a message that is too large", "POST", RPC, { ...JSON_TYPE, ...KEY }, 429],
  ["gRPC-Web: no key", "POST", RPC, { "content-type": "application/grpc-web" }, 200],
  ["gRPC-Web: too large", "POST", RPC, { "content-type": "application/grpc-web", ...KEY }, 200],
];

const GRPC_CALLS: readonly Call[] = [
  ["gRPC: no key", "POST", RPC, GRPC, 200],
  ["gRPC: too many requests", "POST", RPC, { ...GRPC, ...BUSY }, 200],
  ["gRPC: a message that is too large", "POST", RPC, { ...GRPC, ...KEY }, 200],
];

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts(undefined, {
    authenticate(credential) {
      if (credential === TEST_KEY || credential === "busy") {
        return principalForTest({ key: { keyId: credential } });
      }
      throw new AppError(credential === undefined ? "KEY_MISSING" : "AUTH_STALE");
    },
    policy: {
      refuseEarly(_operation, { key }) {
        if (key.keyId === "busy") throw new AppError("RATE_LIMITED");
      },
    },
  });
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
});
afterEach(() => vi.useRealTimers());

/** A body that is no JSON, and whose first bytes are the head of a message that is too large. */
const bodyOf = (bytes: number) => Buffer.alloc(bytes, Buffer.from([0x00, 0x7f, 0x7f, 0x7f, 0x7f]));

const needsSize = ([what]: Call) => what.endsWith("too large");

describe("on one session of HTTP/2", () => {
  const open = () => {
    const session = http2.connect(`http://127.0.0.1:${fronts.port}`);
    onTestFinished(() => session.destroy());
    return session;
  };

  /** Resolves when the stream is closed, and the client has nothing more to send. */
  async function call(
    session: http2.ClientHttp2Session,
    [, method, path, headers]: Call,
    bytes: number,
  ): Promise<number> {
    const stream = session.request(
      { ":method": method, ":path": path, ...headers },
      { endStream: false },
    );
    stream.end(bodyOf(bytes));
    const [[received]] = await Promise.all([
      once(stream, "response") as Promise<[http2.IncomingHttpHeaders]>,
      once(stream.resume(), "close"),
    ]);
    return Number(received[":status"]);
  }

  test.each([...CALLS, ...GRPC_CALLS])("bodies of 2 MB do not add up: %s", async (...early) => {
    const session = open();
    for (let i = 0; i < 7; i += 1) expect(await call(session, early, 2_000_000)).toBe(early[4]);
  });

  test("a thousand early answers of all fronts leave the session as it was", async () => {
    const session = open();
    const all = [...CALLS, ...GRPC_CALLS].filter((each) => !needsSize(each));
    for (let i = 0; i < 1_000; i += 10) {
      const some = Array.from({ length: 10 }, (_, n) => all[(i + n) % all.length] as Call);
      const statuses = await Promise.all(some.map((each) => call(session, each, 100_000)));
      expect(statuses).toEqual(some.map(([, , , , status]) => status));
    }
  });

  test("a body without end is answered, and its stream is reset without an error", async () => {
    const session = open();
    const stream = session.request({ ":method": "POST", ":path": "/nope" });
    const endless = new Readable({ read: () => void endless.push(bodyOf(65_536)) });
    endless.pipe(stream);
    const [received] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    expect(received[":status"]).toBe(404);
    expect(JSON.parse(await text(stream))).toMatchObject({ code: "not_found" });
    await once(stream, "aborted");
    expect(stream.rstCode).toBe(http2.constants.NGHTTP2_NO_ERROR);
  });

  test("a stream whose body never comes is reset after its answer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const stream = open().request({ ":method": "POST", ":path": "/nope" }, { endStream: false });
    stream.write("begun");
    const [[received]] = await Promise.all([
      once(stream, "response") as Promise<[http2.IncomingHttpHeaders]>,
      once(stream.resume(), "end"),
    ]);
    expect(received[":status"]).toBe(404);
    vi.advanceTimersByTime(5_000);
    await once(stream, "aborted");
    expect(stream.rstCode).toBe(http2.constants.NGHTTP2_NO_ERROR);
  });
});

describe("on one connection of HTTP/1.1", () => {
  const head = ([, method, path, headers]: Call, framing: string) =>
    [
      `${method} ${path} HTTP/1.1`,
      ...Object.entries({ host: "x", ...headers }).map(([name, value]) => `${name}: ${value}`),
      ...[framing, "", ""],
    ].join("\r\n");
  const GOOD = `GET /v1/locations/192.0.2.1 HTTP/1.1\r\nHost: x\r\nX-API-Key: ${TEST_KEY}\r\n\r\n`;
  const operations = () => fronts.invocations.map(({ operation }) => operation);

  test.each(CALLS)("behind a body of 2 MB the next request is answered: %s", async (...early) => {
    const connection = await openRaw(fronts.port);
    connection.send(head(early, "Content-Length: 2000000"));
    connection.send(bodyOf(2_000_000));
    connection.send(GOOD);
    const [answer] = await connection.answers(1);
    expect(answer?.status).toBe(early[4]);
    // Connect cannot read on in a message that it has given up.
    if (needsSize(early) && answer?.headers["connection"] === "close") {
      expect(await connection.allAnswers()).toHaveLength(1);
    } else
      expect((await connection.answers(2)).map(({ status }) => status)).toEqual([early[4], 200]);
  });

  test.each(CALLS)(
    "where the end of a body is not known the answer is the last: %s",
    async (...early) => {
      const connection = await openRaw(fronts.port);
      connection.send(head(early, "Transfer-Encoding: chunked"));
      for (let i = 0; i < 30; i += 1) {
        connection.send("c350\r\n");
        connection.send(bodyOf(50_000));
        connection.send("\r\n");
      }
      connection.send(`0\r\n\r\n${GOOD}`);
      const answers = await connection.allAnswers();
      expect(answers.map(({ status }) => status)).toEqual([early[4]]);
      expect(answers[0]?.headers["connection"]).toBe("close");
      // What a client sends behind the end of a connection is not done, and so not billed.
      expect(operations()).not.toContain("GetLocation");
    },
  );

  test("a body of 5 MB is not discarded: the answer says that the connection closes", async () => {
    const connection = await openRaw(fronts.port);
    connection.send("POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n");
    connection.send(bodyOf(3_000_000));
    const [answer, ...more] = await connection.allAnswers();
    expect(answer).toMatchObject({ status: 404, headers: { connection: "close" } });
    expect(more).toEqual([]);
  });

  test.each(CALLS.filter((early) => !needsSize(early)))(
    "a body that comes behind its answer does not end the connection: %s",
    async (...early) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const connection = await openRaw(fronts.port);
      connection.send(head(early, "Content-Length: 2000000"));
      await connection.answers(1);
      await timersSet();
      connection.send(bodyOf(2_000_000));
      connection.send(GOOD);
      await connection.answers(2);
      vi.advanceTimersByTime(5_000);
      connection.send(GOOD);
      const statuses = (await connection.answers(3)).map(({ status }) => status);
      expect(statuses).toEqual([early[4], 200, 200]);
    },
  );

  test.each([
    ["Content-Length: 10\r\n\r\n", "keep-alive"],
    ["Content-Length: 10\r\n\r\n123", "keep-alive"],
    ["Transfer-Encoding: chunked\r\n\r\n", "close"],
  ])(
    "a body that never comes gets one answer, then silence: %j",
    async (rest, connectionHeader) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const connection = await openRaw(fronts.port);
      connection.send(`POST /nope HTTP/1.1\r\nHost: x\r\n${rest}`);
      const [answer] = await connection.answers(1);
      expect(answer).toMatchObject({ status: 404, headers: { connection: connectionHeader } });
      await timersSet();
      vi.advanceTimersByTime(5_000);
      expect(await connection.allAnswers()).toHaveLength(1);
    },
  );

  test.each([
    ["nothing of it", ""],
    ["a part", '{"ip'],
  ])(
    "a body that is awaited and comes too late is a 408, the last answer: %s",
    async (_what, part) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const connection = await openRaw(fronts.port);
      const headers = `Host: x\r\nX-API-Key: ${TEST_KEY}\r\nContent-Type: application/json\r\n`;
      connection.send(`POST ${BATCH} HTTP/1.1\r\n${headers}Content-Length: 40\r\n\r\n${part}`);
      await timersSet();
      vi.advanceTimersByTime(10_000);
      const [answer] = await connection.answers(1);
      expect(answer).toMatchObject({ status: 408, headers: { connection: "close" } });
      connection.send(GOOD);
      await timersSet();
      vi.advanceTimersByTime(5_000);
      expect(await connection.allAnswers()).toHaveLength(1);
      expect(fronts.invocations).toEqual([]);
    },
  );
});

/** Until the server waits for something. */
async function timersSet(): Promise<void> {
  while (vi.getTimerCount() === 0) await new Promise(setImmediate);
}
