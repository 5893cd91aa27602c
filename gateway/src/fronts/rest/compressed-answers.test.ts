import { randomUUID } from "node:crypto";
import zlib from "node:zlib";
import { create } from "@bufbuild/protobuf";
import {
  CreateKeyResponseSchema,
  GetPlanResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import {
  BatchGetLocationsResponseSchema,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type Client, http1, http2PriorKnowledge, type Sent } from "../../http/testing/clients.ts";
import { openRaw } from "../../http/testing/raw-http.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { pipelineForTest } from "../../rpc/testing/pipeline.ts";
import { accessLogFor } from "../../telemetry/access-log.ts";
import { type Answer, startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";

const KEY = { "x-api-key": TEST_KEY };
const PATH = "/v1/locations/192.0.2.1";
const BATCH: Sent = { method: "POST", path: "/v1/locations:batchGet", body: "{}" };
const JSON_TYPE = { "content-type": "application/json" };

const CLIENTS = [
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
] satisfies [string, Client][];

let answer: Answer;
let fronts: TestFronts;
let closeLog: () => void;
/** Lines of the access log. */
const lines: { readonly bytes: number; readonly request_id: string }[] = [];
beforeAll(async () => {
  const output = {
    write: (written: string) => {
      for (const line of written.trim().split("\n")) lines.push(JSON.parse(line));
    },
  };
  // By this clock nothing takes time, so there is never too much to compress.
  const clock = createTestClock();
  const accessLog = accessLogFor("on", { output, clock }, undefined);
  closeLog = () => accessLog?.close();
  fronts = await startTestFronts((invocation) => answer(invocation), {
    corsAllowedOrigins: ["https://app.example"],
    ...{ clock, ...(accessLog && { accessLog }) },
  });
});
afterAll(async () => {
  await fronts.close();
  closeLog();
});
beforeEach(() => {
  answer = () => locationOf("Zürich ".repeat(300));
});

const locationOf = (city: string) => create(GetLocationResponseSchema, { location: { city } });

function decoded(coding: unknown, bytes: Buffer): string {
  if (coding === "br") return `${zlib.brotliDecompressSync(bytes)}`;
  return `${coding === "gzip" ? zlib.gunzipSync(bytes) : bytes}`;
}

describe.each(CLIENTS)("over %s", (_protocol, client) => {
  const send = (sent: Sent) =>
    client(fronts.port, { ...sent, headers: { ...KEY, ...sent.headers } });
  const get = (accept?: string, path = PATH) =>
    send({ path, headers: accept === undefined ? {} : { "accept-encoding": accept } });

  test.each<[accept: string | undefined, coding: string | undefined]>([
    [undefined, undefined],
    ["", undefined],
    ["identity", undefined],
    ["deflate, zstd", undefined],
    ["gzip", "gzip"],
    ["gzip, deflate, br", "br"],
    ["br;q=0.5, gzip", "gzip"],
    ["*", "br"],
    ["*;q=0, gzip", "gzip"],
    ["br;q=0, gzip;q=0", undefined],
    ["identity, br;q=0.9", undefined],
  ])("a client that accepts %j gets %s, and the same body", async (accept, coding) => {
    const plain = await get();
    const { status, headers, bytes } = await get(accept);
    expect(status).toBe(200);
    expect(headers["content-encoding"]).toBe(coding);
    expect(headers["content-length"]).toBe(`${bytes.length}`);
    expect(headers["vary"]).toBe("Origin, Accept-Encoding");
    expect(headers["cache-control"]).toBe("private");
    expect(decoded(coding, bytes)).toBe(plain.body);
    expect(bytes.length < 1_024).toBe(coding !== undefined);
  });

  test("a batch is compressed, whole", async () => {
    const results = Array.from({ length: 1_000 }, (_each, at) => ({
      result: { case: "location" as const, value: { ipAddress: `192.0.2.${at}`, city: "Zürich" } },
    }));
    answer = () => create(BatchGetLocationsResponseSchema, { results });
    const plain = await send({ ...BATCH, headers: JSON_TYPE });
    for (const accept of ["gzip", "br"]) {
      const headers = { ...JSON_TYPE, "accept-encoding": accept };
      const received = await send({ ...BATCH, headers });
      expect(received.headers["content-encoding"]).toBe(accept);
      expect(decoded(accept, received.bytes)).toBe(plain.body);
    }
  });

  test("a body is compressed from 1,024 bytes on", async () => {
    const planNamed = (name: string) =>
      create(GetPlanResponseSchema, { plan: { planId: "p", name } });
    const path = "/v1/plans/p";
    answer = () => planNamed("");
    const { length } = (await get(undefined, path)).bytes;
    for (const [bytes, coding] of [
      [1_023, undefined],
      [1_024, "gzip"],
    ] as const) {
      answer = () => planNamed("x".repeat(bytes - length));
      expect((await get(undefined, path)).bytes).toHaveLength(bytes);
      const { headers } = await get("gzip", path);
      expect(headers["content-encoding"]).toBe(coding);
      expect(headers["vary"]).toBe("Origin, Accept-Encoding");
    }
  });

  test("HEAD has the headers of GET, but no length that only the compressed body would tell", async () => {
    const got = (await get("br")).headers;
    const headers = { "accept-encoding": "br" };
    const head = await send({ method: "HEAD", path: PATH, headers });
    const { "content-length": _length, ...told } = got;
    const changing = { "x-request-id": head.headers["x-request-id"], date: head.headers["date"] };
    expect(head.headers).toEqual({ ...told, ...changing });
    expect(head.bytes).toHaveLength(0);
    const plain = await send({ method: "HEAD", path: PATH });
    expect(plain.headers["content-length"]).toBe((await get()).headers["content-length"]);
  });

  test("a secret is never compressed", async () => {
    const key = { accountId: "a", keyId: "k", name: "n".repeat(3_000) };
    answer = () => create(CreateKeyResponseSchema, { key, secret: "gm_live_1" });
    const path = "/v1/accounts/-/keys";
    const headers = { ...JSON_TYPE, "accept-encoding": "br, gzip" };
    const received = await send({ method: "POST", path, headers, body: "{}" });
    expect(received.status).toBe(201);
    expect(received.headers).not.toHaveProperty("content-encoding");
    expect(received.headers["vary"]).toBe("Origin");
    expect(JSON.parse(received.body)).toMatchObject({ secret: "gm_live_1" });
  });

  test("an error is not compressed, however long", async () => {
    answer = () => {
      throw new AppError("INVALID_ARGUMENT", { message: "x".repeat(3_000) });
    };
    const { status, headers, bytes } = await get("br, gzip");
    expect([status, bytes.length > 3_000]).toEqual([400, true]);
    expect(headers).not.toHaveProperty("content-encoding");
  });

  test("a resource has one ETag in every coding: it is what If-Match takes", async () => {
    const plan = { planId: "p", name: "p".repeat(2_000), etag: "e1" };
    answer = () => create(GetPlanResponseSchema, { plan });
    for (const accept of ["identity", "gzip", "br"]) {
      const { headers } = await get(accept, "/v1/plans/p");
      const coding = accept === "identity" ? undefined : accept;
      expect([headers["content-encoding"], headers["etag"]]).toEqual([coding, '"e1"']);
    }
  });

  test("the access log tells the bytes that were sent", async () => {
    const headers = { "x-request-id": `logged-${randomUUID()}` };
    const gzip = { ...headers, "accept-encoding": "gzip" };
    const plain = await send({ path: PATH, headers });
    const compressed = await send({ path: PATH, headers: gzip });
    await send({ method: "HEAD", path: PATH, headers: gzip });
    const own = () => lines.filter(({ request_id }) => request_id === headers["x-request-id"]);
    await eventually(() => own().length === 3);
    const sent = [plain.bytes.length, compressed.bytes.length, 0];
    expect(own().map(({ bytes }) => bytes)).toEqual(sent);
  });
});

test("of many that come at once some are sent as they are, none is lost, and all come in order", async () => {
  answer = ({ call }) => locationOf(`${call.requestId} `.repeat(2_000));
  const connection = await openRaw(fronts.port);
  const ids = Array.from({ length: 40 }, (_each, at) => `r-${at}`);
  const requests = ids.map(
    (id) =>
      `GET ${PATH} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${TEST_KEY}\r\nAccept-Encoding: gzip\r\nX-Request-Id: ${id}\r\n\r\n`,
  );
  connection.send(requests.join(""));
  const answers = await connection.answers(ids.length);
  expect(answers.map(({ headers }) => headers["x-request-id"])).toEqual(ids);
  const cities = answers.map(({ headers, bytes }) =>
    JSON.parse(decoded(headers["content-encoding"], bytes)).city.slice(0, 4).trim(),
  );
  expect(cities).toEqual(ids);
  const codings = new Set(answers.map(({ headers }) => headers["content-encoding"]));
  expect(codings).toEqual(new Set(["gzip", undefined]));
});

test("a metered answer is compressed once its usage is durable, and costs what it costs", async () => {
  const { policy, geo, disk, usage, lease } = await pipelineForTest();
  await lease();
  geo.answerOf = (ipAddress) => ({
    result: { case: "location", value: { ipAddress, city: "Zürich ".repeat(1_000) } },
  });
  const authenticate = () => principalForTest();
  const metered = await startTestFronts(() => undefined, { authenticate, policy });
  onTestFinished(() => metered.close());
  disk.isHolding = true;
  let isAnswered = false;
  const headers = { ...KEY, "accept-encoding": "gzip" };
  const answered = http1(metered.port, { path: PATH, headers }).finally(() => {
    isAnswered = true;
  });
  await eventually(() => disk.underWay === 1);
  expect(isAnswered).toBe(false);
  disk.finishSync();
  const { status, headers: received, bytes } = await answered;
  expect([status, received["content-encoding"]]).toEqual([200, "gzip"]);
  expect(JSON.parse(decoded("gzip", bytes))).toMatchObject({ ip_address: "192.0.2.1" });
  expect(usage).toMatchObject([{ status: 200, units: 1 }]);
});
