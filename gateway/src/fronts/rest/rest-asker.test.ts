import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2 from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { CompressLarge } from "../../http/compress.ts";
import { createCompression } from "../../http/compression.ts";
import type { Exchange, Handle } from "../../http/exchange.ts";
import type { FreeOperation } from "../../operations/operation.ts";
import { freeOutcome } from "../../operations/outcome.ts";
import { createHttpBodyReader } from "../../transcode/http-body.ts";
import { HTTP_BODY } from "../../transcode/testing/http-body.ts";
import { RestAsker } from "./rest-asker.ts";
import type { Target } from "./routes.ts";

const GZIP = { "accept-encoding": "gzip" };

interface Served {
  readonly contentType: string;
  readonly data: Uint8Array;
  /** Default is zlib. */
  readonly large?: CompressLarge;
  readonly createServer?: (handle: Handle) => Server;
}

const createHttp1: (handle: Handle) => Server = (handle) => http.createServer(handle);
const createHttp2: (handle: Handle) => Server = (handle) => http2.createServer(handle);

/** Answers every request at once by an HttpBody. */
async function serve({ contentType, data, large, createServer = createHttp1 }: Served) {
  const bytes = toBinary(HTTP_BODY, create(HTTP_BODY, { contentType, data }));
  const operation = { access: { hasCsv: false } };
  const target = { operation, status: 200, readHttpBody: createHttpBodyReader(HTTP_BODY) };
  const fail = vi.fn();
  const deps = {
    fail,
    compression: createCompression({ clock: createTestClock(), ...(large && { large }) }),
  };
  const askers: RestAsker[] = [];
  const answered: number[][] = [];
  const server = createServer((request, response) => {
    const exchange = {
      ...{ request, response, method: "GET", requestId: "r-1", answerHeaders: () => undefined },
      answered: (...noted: number[]) => void answered.push(noted),
    };
    const asker = new RestAsker(exchange as unknown as Exchange, target as unknown as Target, deps);
    askers.push(asker);
    asker.answer(freeOutcome({} as FreeOperation, bytes, { ratelimit: "x" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/`, fail, askers, answered };
}

test.each([
  ["image/svg+xml", "image/svg+xml"],
  ["text/html; charset=utf-8", "text/html; charset=utf-8"],
  ["", "application/octet-stream"],
  ["text", "application/octet-stream"],
  ["text/html\r\nx-injected: 1", "application/octet-stream"],
  ["text/zürich", "application/octet-stream"],
])("an answer that is an HttpBody of the type %j is sent as it is, as %s", async (given, sent) => {
  const data = Buffer.from([0, 255, 10, 128]);
  const { url, fail } = await serve({ contentType: given, data });
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    ...{ "content-type": sent, "cache-control": "private", ratelimit: "x", "content-length": "4" },
  });
  expect(response.headers.has("x-injected")).toBe(false);
  expect(Buffer.from(await response.arrayBuffer())).toEqual(data);
  expect(fail).not.toHaveBeenCalled();
});

test.each([
  ["text/csv; charset=utf-8", true],
  ["TEXT/PLAIN", true],
  ["application/json", true],
  ["application/geo+json;a=b", true],
  ["image/svg+xml", true],
  ["application/x-ndjson", true],
  ["image/png", false],
  ["application/zip", false],
  ["application/jsonsomething", false],
  ["nothing", false],
])("an HttpBody of the type %j is compressed: %s", async (contentType, isCompressed) => {
  const data = Buffer.from("x".repeat(5_000));
  const { url } = await serve({ contentType, data });
  const { headers, ...response } = await fetch(url, { headers: GZIP }).then(async (given) => ({
    headers: given.headers,
    body: Buffer.from(await given.arrayBuffer()),
  }));
  expect(headers.get("content-encoding")).toBe(isCompressed ? "gzip" : null);
  expect(headers.get("vary")).toBe(isCompressed ? "Accept-Encoding" : null);
  expect(response.body).toEqual(data);
});

/** Asks, and returns what makes the client go. */
type Ask = (port: number) => () => void;

const overHttp1: Ask = (port) => {
  const request = http.get({ port, host: "127.0.0.1", headers: GZIP, agent: false });
  request.on("error", () => undefined);
  return () => request.destroy();
};

const overHttp2: Ask = (port) => {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":path": "/", ...GZIP });
  stream.on("error", () => undefined);
  stream.end();
  return () => stream.close(http2.constants.NGHTTP2_CANCEL);
};

describe.each<[string, Ask, (handle: Handle) => Server]>([
  ["HTTP/1.1", overHttp1, createHttp1],
  ["HTTP/2", overHttp2, createHttp2],
])("a client of %s that goes while its answer is compressed", (_protocol, ask, createServer) => {
  test("is answered as one that goes while it reads, and holds up nobody", async () => {
    const underWay: (() => void)[] = [];
    const large: CompressLarge = (_coding, body, done) =>
      void underWay.push(() => done(gzipSync(body)));
    const data = Buffer.from("x".repeat(5_000));
    const served = { contentType: "text/plain", data, large, createServer };
    const { port, fail, askers, answered } = await serve(served);
    for (const at of [0, 1, 2]) {
      const go = ask(port);
      await eventually(() => underWay.length === at + 1);
      expect(answered).toHaveLength(at);
      go();
      await eventually(() => askers[at]?.isGone === true);
      underWay[at]?.();
      expect(answered[at]).toEqual([200, gzipSync(data).length]);
    }
    expect(fail).not.toHaveBeenCalled();
  });
});

test("what cannot be written once it is compressed is an error of its request alone", async () => {
  const data = Buffer.from("x".repeat(5_000));
  const { port, fail } = await serve({ contentType: "text/plain", data });
  const { writeHead } = http.ServerResponse.prototype;
  const broken = vi.spyOn(http.ServerResponse.prototype, "writeHead");
  onTestFinished(() => broken.mockRestore());
  broken.mockImplementation(function refuse(this: ServerResponse<IncomingMessage>): never {
    broken.mockImplementation(writeHead);
    this.destroy();
    throw new TypeError("Invalid character in header content");
  });
  overHttp1(port);
  await eventually(() => fail.mock.calls.length === 1);
});
