import { create } from "@bufbuild/protobuf";
import { GetLocationResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { openRaw, type RawAnswer } from "../http/testing/raw-http.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { pipelineForTest } from "../rpc/testing/pipeline.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

const HEAD = `Host: x\r\nX-API-Key: ${TEST_KEY}\r\n`;
const JSON_HEAD = `${HEAD}Content-Type: application/json\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";
const GOOD = `GET /v1/locations/81.2.69.142 HTTP/1.1\r\n${HEAD}\r\n`;
const BATCH = `POST /v1/locations:batchGet HTTP/1.1\r\n${JSON_HEAD}`;
const RPC = `POST /geomesh.geo.v1.GeoService/GetLocation HTTP/1.1\r\n${JSON_HEAD}`;

/** Lets the operations answer; until then they wait. */
let release: () => void;
let fronts: TestFronts;
let released: Promise<void>;
beforeAll(async () => {
  fronts = await startTestFronts(
    async ({ operation }) => {
      await released;
      if (operation !== "GetLocation") return undefined;
      return create(GetLocationResponseSchema, { location: { city: "London" } });
    },
    { headersMsMax: 300, requestMsMax: 600 },
  );
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
  ({ promise: released, resolve: release } = Promise.withResolvers<void>());
});

/** Sends bytes, and lets the operations answer when the good requests among them have begun to wait. */
async function exchange(bytes: string, good = 0): Promise<RawAnswer[]> {
  const connection = await openRaw(fronts.port);
  connection.send(bytes);
  // What is malformed behind them was found in the same turn.
  await eventually(() => fronts.invocations.length >= good);
  release();
  return connection.allAnswers();
}

const statuses = (answers: readonly RawAnswer[]) => answers.map(({ status }) => status);

describe("good requests are answered, then what is wrong behind them, then the connection closes", () => {
  test.each([
    ["bytes that are no request", GOOD, "ZZZ\r\n\r\n", [200, 400]],
    ["the same, behind several", GOOD.repeat(3), "ZZZ\r\n\r\n", [200, 200, 200, 400]],
    ["bytes of TLS", GOOD, "\x16\x03\x01\x02\x00\x01\x00", [200, 400]],
    ["an unknown version", GOOD, "GET / HTTP/9.9\r\n\r\n", [200, 400]],
    ["a space in a header's name", GOOD, `GET / HTTP/1.1\r\nHost : x\r\n\r\n`, [200, 400]],
    ["two lengths", GOOD, `${BATCH}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, [200, 400]],
    ["headers that are too large", GOOD, `GET / HTTP/1.1\r\nX: ${"x".repeat(17_000)}`, [200, 431]],
    ["headers that never end", GOOD, "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", [200, 408]],
    ["a broken chunk that is awaited", GOOD, `${BATCH}${CHUNKED}zz\r\n`, [200, 400]],
    ["a broken chunk of an RPC", GOOD, `${RPC}${CHUNKED}zz\r\n`, [200, 400]],
    ["a tunnel", GOOD, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", [200, 405]],
    ["the preface of HTTP/2", GOOD, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [200, 400]],
  ])("%s", async (_what, good, bad, expected) => {
    const requests = good.length / GOOD.length;
    const answers = await exchange(`${good}${bad}`, requests);
    expect(statuses(answers)).toEqual(expected);
    expect(answers.at(-1)?.headers).toMatchObject({
      connection: "close",
      "content-type": "application/problem+json",
    });
    expect(JSON.parse(answers[0]?.body ?? "")).toMatchObject({ city: "London" });
    expect(fronts.invocations).toHaveLength(requests);
  });

  test("what comes in pieces is no different", async () => {
    const connection = await openRaw(fronts.port);
    for (const byte of `${GOOD}ZZZ\r\n\r\nmore of this\r\n\r\n`) connection.send(byte);
    await eventually(() => fronts.invocations.length === 1);
    release();
    expect(statuses(await connection.allAnswers())).toEqual([200, 400]);
  });
});

describe("a request has exactly one answer", () => {
  test.each([
    [
      "a broken chunk behind an early answer",
      `POST /nope HTTP/1.1\r\n${HEAD}${CHUNKED}zz\r\n`,
      404,
    ],
    [
      "the same without a key",
      `POST /v1/locations:batchGet HTTP/1.1\r\nHost: x\r\n${CHUNKED}zz\r\n`,
      401,
    ],
    ["a broken chunk that is awaited", `${BATCH}${CHUNKED}zz\r\n`, 400],
    ["a broken chunk after a good one", `${BATCH}${CHUNKED}2\r\n{}\r\nzz\r\n`, 400],
    ["a broken chunk of an RPC", `${RPC}${CHUNKED}zz\r\n`, 400],
    [
      "a broken chunk that nobody reads",
      `GET /v1/datasets HTTP/1.1\r\n${HEAD}${CHUNKED}zz\r\n`,
      400,
    ],
    ["a body of an RPC that never comes", `${RPC}Content-Length: 10\r\n\r\n{`, 408],
    ["a body that never comes", `${BATCH}Content-Length: 10\r\n\r\n{`, 408],
    ["an awaited chunk that never comes", `${BATCH}${CHUNKED}2\r\n{`, 408],
    [
      "an early answer whose body never comes",
      `POST /nope HTTP/1.1\r\n${HEAD}Content-Length: 10\r\n\r\n`,
      404,
    ],
    [
      "bytes behind a body",
      `${BATCH}Content-Length: 2\r\nConnection: close\r\n\r\n{}ZZZ\r\n\r\n`,
      200,
    ],
    [
      "bytes behind the last request",
      `GET /v1/datasets HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\nZZZ`,
      200,
    ],
    ["garbage twice", "ZZZ\r\n\r\nZZZ\r\n\r\n", 400],
    ["a tunnel", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nGET / HTTP/1.1\r\n\r\n", 405],
  ])("%s", async (_what, bytes, status) => {
    expect(statuses(await exchange(bytes))).toEqual([status]);
  });
});

describe("through the whole pipeline", () => {
  async function pipeline() {
    const { policy, geo, usage, lease } = await pipelineForTest();
    await lease();
    geo.isHolding = true;
    const own = await startTestFronts(() => undefined, {
      authenticate: () => principalForTest(),
      policy,
    });
    onTestFinished(() => own.close());
    return { geo, usage, port: own.port };
  }

  test("a lookup with garbage behind it is answered, and billed once", async () => {
    const { geo, usage, port } = await pipeline();
    const connection = await openRaw(port);
    connection.send(`${GOOD}ZZZ\r\n\r\n`);
    await eventually(() => geo.frames.length === 1);
    geo.answer();
    expect(statuses(await connection.allAnswers())).toEqual([200, 400]);
    expect(usage).toMatchObject([{ status: 200, units: 1 }]);
  });

  test("a 100 comes before its answer, and not within it, also where others are answered first", async () => {
    const { geo, port } = await pipeline();
    geo.isHolding = false;
    const body = '{"ip_addresses":["192.0.2.1","192.0.2.2"]}';
    const connection = await openRaw(port);
    connection.send(
      `${GOOD}${BATCH}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const [single, interim, batch] = await connection.answers(3);
    expect([single?.status, interim?.status, batch?.status]).toEqual([200, 100, 200]);
    expect(JSON.parse(batch?.body ?? "")).toMatchObject({ results: [{}, {}] });
  });

  test("a lookup that is malformed itself is refused, and costs nothing", async () => {
    const { geo, usage, port } = await pipeline();
    const connection = await openRaw(port);
    connection.send(GOOD.replace("\r\n\r\n", `\r\n${CHUNKED}zz\r\n`));
    expect(statuses(await connection.allAnswers())).toEqual([400]);
    await eventually(() => geo.frames.length === 1);
    geo.answer();
    expect(usage).toMatchObject([{ status: 499, units: 0 }]);
  });
});
