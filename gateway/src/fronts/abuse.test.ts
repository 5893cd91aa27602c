import net from "node:net";
import { ANY_CHARACTER } from "@geomesh/testing/any-character";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAnswers, type RawAnswer, sendRaw } from "../http/testing/raw-http.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

const KEY = `X-API-Key: ${TEST_KEY}\r\n`;
const HEAD = `Host: x\r\n${KEY}`;
const LAST = `${HEAD}Connection: close\r\n\r\n`;

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts(undefined, {
    firstBytesMsMax: 300,
    headersMsMax: 300,
    requestMsMax: 600,
  });
});
afterAll(() => fronts.close());

const exchange = async (bytes: string | Uint8Array) =>
  parseAnswers(await sendRaw(fronts.port, bytes));

function expectProblem(answer: RawAnswer | undefined, status: number): void {
  expect(answer?.status).toBe(status);
  expect(answer?.headers["content-type"]).toBe("application/problem+json");
  const problem = JSON.parse(answer?.body ?? "");
  expect(problem).toMatchObject({
    status,
    title: expect.any(String),
    detail: expect.any(String),
    code: expect.stringMatching(/^[a-z_]+$/),
    request_id: answer?.headers["x-request-id"],
  });
}

const location = (path: string) => `GET /v1/locations/${path} HTTP/1.1\r\n${LAST}`;
const batch = (headers: string, body: string) =>
  `POST /v1/locations:batchGet HTTP/1.1\r\n${HEAD}Connection: close\r\n${headers}\r\n${body}`;

describe("each of these is answered by a problem", () => {
  test.each([
    ["garbage", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400],
    ["a malformed request line", "HELLO\r\n\r\n", 400],
    ["headers beyond 16 KiB", `GET / HTTP/1.1\r\nX: ${"x".repeat(17_000)}\r\n\r\n`, 431],
    ["very many headers beyond 16 KiB", `GET / HTTP/1.1\r\n${"X-A: b\r\n".repeat(4_000)}\r\n`, 431],
    ["a target beyond 8 KiB", location("a".repeat(9_000)), 414],
    ["a target beyond 16 KiB", location("a".repeat(17_000)), 431],
    ["headers that never end", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", 408],
    ["a body that never comes", batch("Content-Length: 10\r\n", "{"), 408],
    ["no Host", "GET /v1/datasets HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["two lengths", batch("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), 400],
    [
      "a length and chunks",
      batch("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      400,
    ],
    [
      "a broken chunk",
      batch("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "zz\r\n"),
      400,
    ],
    ["a body beyond 1 MiB, as stated", batch("Content-Length: 1048577\r\n", ""), 413],
    ["an unknown path", `GET /nowhere HTTP/1.1\r\n${LAST}`, 404],
    ["* instead of a path", `GET * HTTP/1.1\r\n${LAST}`, 404],
    ["an unknown method", `PURGE /v1/datasets HTTP/1.1\r\n${LAST}`, 405],
    ["bad percent-encoding in a path", location("%zz"), 400],
    ["bytes that are not UTF-8", location("%FF%FE"), 400],
    ["bad percent-encoding in a query", location("192.0.2.1?language=%"), 400],
    ["an unknown parameter", location("192.0.2.1?colour=red"), 400],
    ["no key", "GET /v1/datasets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 401],
    ["two different keys", `GET /v1/datasets HTTP/1.1\r\nAuthorization: Bearer b\r\n${LAST}`, 400],
    [
      "a repeated header with different keys",
      `GET /v1/datasets HTTP/1.1\r\nX-API-Key: b\r\n${LAST}`,
      400,
    ],
    ["malformed JSON", batch("Content-Type: application/json\r\nContent-Length: 1\r\n", "{"), 400],
    [
      "JSON that is not UTF-8",
      Buffer.from(
        batch("Content-Type: application/json\r\nContent-Length: 3\r\n", '"\xff"'),
        "latin1",
      ),
      400,
    ],
    ["another content type", batch("Content-Type: text/csv\r\nContent-Length: 1\r\n", "a"), 415],
    [
      "a content coding",
      batch(
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n",
        "a",
      ),
      415,
    ],
    ["an RPC without a Host", "POST /geomesh.geo.v1.GeoService/GetLocation HTTP/1.0\r\n\r\n", 400],
    [
      "an RPC with a malformed Host",
      "POST /geomesh.geo.v1.GeoService/GetLocation HTTP/1.1\r\nHost: a b[\r\nConnection: close\r\n\r\n",
      400,
    ],
  ])("%s", async (_what, bytes, status) => {
    const answers = await exchange(bytes);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], status);
  });
});

test("a body beyond 1 MiB is refused although its length was not stated", async () => {
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  const [answer] = await exchange(batch("Transfer-Encoding: chunked\r\n", chunk.repeat(17)));
  expectProblem(answer, 413);
});

test("a target in absolute form is accepted", async () => {
  const [answer] = await exchange(`GET http://x/v1/datasets HTTP/1.1\r\n${LAST}`);
  expect(answer?.status).toBe(200);
});

test("an unknown expectation is ignored", async () => {
  const [answer] = await exchange(`GET /v1/datasets HTTP/1.1\r\nExpect: miracles\r\n${LAST}`);
  expect(answer?.status).toBe(200);
});

test("pipelined requests are answered in order, mistakes among them", async () => {
  const next = (path: string) => `GET ${path} HTTP/1.1\r\n${HEAD}\r\n`;
  const answers = await exchange(
    `${next("/v1/locations/192.0.2.1")}${next("/nowhere")}${next("/v1/datasets")}${location("%")}`,
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 200, 400]);
  const ids = answers.map(({ headers }) => headers["x-request-id"]);
  expect(new Set(ids).size).toBe(4);
});

test("a silent connection is cut", async () => {
  expect(await sendRaw(fronts.port, "")).toBe("");
});

test("a client may leave at any moment", async () => {
  const request = batch("Content-Type: application/json\r\nContent-Length: 20\r\n", "{}");
  for (let cut = 1; cut < request.length; cut += 7) {
    const socket = net.connect(fronts.port, "127.0.0.1");
    await new Promise<void>((resolve) => {
      socket.write(request.slice(0, cut), () => resolve(socket.resetAndDestroy() as never));
    });
  }
  const [answer] = await exchange(`GET /v1/datasets HTTP/1.1\r\n${LAST}`);
  expect(answer?.status).toBe(200);
});

test("any bytes get valid answers or none, and the server keeps serving", async () => {
  const line = fc.oneof(
    fc.constantFrom(
      "GET ",
      "POST ",
      "/v1/locations/",
      "?",
      "%",
      ":",
      " HTTP/1.1",
      "\r\n",
      "Host: x",
    ),
    fc.constantFrom(
      "Content-Length: 3",
      "Transfer-Encoding: chunked",
      "X-API-Key: ",
      "PRI * HTTP/2.0",
    ),
    fc.string({ unit: ANY_CHARACTER, maxLength: 20 }),
  );
  const bytes = fc.array(line, { minLength: 1, maxLength: 12 }).map((lines) => lines.join(""));
  await fc.assert(
    fc.asyncProperty(bytes, async (garbage) => {
      const received = await sendRaw(fronts.port, `${garbage}\r\n\r\n`);
      // What looks like HTTP/2 gets frames, not text.
      if (!garbage.startsWith("PRI * HTTP/2.0")) {
        for (const answer of parseAnswers(received)) {
          if (answer.status >= 400) expectProblem(answer, answer.status);
        }
      }
    }),
    { numRuns: 60 },
  );
  const [answer] = await exchange(`GET /v1/datasets HTTP/1.1\r\n${LAST}`);
  expect(answer?.status).toBe(200);
});
