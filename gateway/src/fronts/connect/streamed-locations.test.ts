import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import {
  GeoService,
  type StreamLocationsResponse,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { eventually } from "@geomesh/testing/eventually";
import { describe, expect, test } from "vitest";
import { principalForTest } from "../../operations/testing/principal.ts";
import { TEST_KEY } from "../testing/fronts.ts";
import { converse, STREAM_PROTOCOLS, said, streamFronts } from "../testing/streams.ts";

const PAUSE_MS = 300;
/** Long enough for the first answer on a busy machine. */
const DEADLINE_MS = 3_000;
const options = (port: number) => ({ baseUrl: `http://127.0.0.1:${port}` });

type TransportTo = (port: number) => Transport;
const HTTP2: readonly (readonly [string, TransportTo])[] = [
  ["gRPC", (port) => createGrpcTransport(options(port))],
  ["gRPC-Web", (port) => createGrpcWebTransport({ ...options(port), httpVersion: "2" })],
  ["Connect", (port) => createConnectTransport({ ...options(port), httpVersion: "2" })],
];
interface Asked {
  readonly ipAddress: string;
  readonly language?: string;
}

function ask(transport: Transport, requests: AsyncIterable<Asked>, call: object = {}) {
  const headers = { "x-api-key": TEST_KEY };
  return createClient(GeoService, transport).streamLocations(requests, { headers, ...call });
}

/** As `said` tells it of a line. */
function toldBy({ result }: StreamLocationsResponse): string {
  const { case: kind, value } = result?.result ?? {};
  if (kind === "location") return value?.ipAddress ?? "";
  return kind === "error" ? `${value?.ipAddress} ${value?.code}` : "nothing";
}

async function* sent(texts: readonly string[]): AsyncGenerator<Asked> {
  for (const ipAddress of texts) yield { ipAddress };
}

async function* andThenNothing(text: string): AsyncGenerator<Asked> {
  yield { ipAddress: text };
  await new Promise(() => undefined);
}

async function failureOf(responses: AsyncIterable<StreamLocationsResponse>) {
  const told: string[] = [];
  try {
    for await (const response of responses) told.push(toldBy(response));
  } catch (cause) {
    const error = ConnectError.from(cause);
    return { told, code: error.code, reason: error.findDetails(ErrorInfoSchema)[0]?.reason };
  }
  throw new Error("the call did not fail");
}

describe.each(HTTP2)("by %s", (_protocol, to) => {
  test("a stream has the answers of REST, and costs what it costs there", async () => {
    const texts = ["192.0.2.1", "nonsense", "2001:db8::1", "1".repeat(65), "192.0.2.1", ""];
    const { port, usage } = await streamFronts();
    const responses = await Array.fromAsync(ask(to(port), sent(texts)), toldBy);
    const units = usage.reduce((sum, each) => sum + each.units, 0);
    const body = texts.map((text) => `${JSON.stringify({ ip_address: text })}\n`).join("");
    const begin = STREAM_PROTOCOLS[0]?.[1];
    const lines = begin && (await converse(begin, port, body)).lines;
    expect(responses).toEqual(lines?.map(said));
    expect(units).toBe(3);
  });

  test("a stream without a request has no answer and costs nothing", async () => {
    const { port, usage } = await streamFronts();
    expect(await Array.fromAsync(ask(to(port), sent([])))).toEqual([]);
    expect(usage).toEqual([]);
  });

  test("many messages travel together", async () => {
    const texts = Array.from({ length: 3_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const { port, usage } = await streamFronts();
    expect(await Array.fromAsync(ask(to(port), sent(texts)), toldBy)).toEqual(texts);
    expect(usage.length).toBeLessThan(texts.length / 2);
  });

  test("the first message's options hold for all, and those of later ones are ignored", async () => {
    async function* mixed(): AsyncGenerator<Asked> {
      yield { ipAddress: "192.0.2.1", language: "de" };
      yield { ipAddress: "192.0.2.2", language: "fr" };
    }
    const { port, geo } = await streamFronts();
    await Array.fromAsync(ask(to(port), mixed()));
    expect(new Set(geo.frames.map(({ language }) => language))).toEqual(new Set(["de"]));
  });

  test("a language that is none refuses the stream", async () => {
    async function* wrong(): AsyncGenerator<Asked> {
      yield { ipAddress: "192.0.2.1", language: "xx" };
    }
    const { port } = await streamFronts();
    const failure = await failureOf(ask(to(port), wrong()));
    expect(failure).toMatchObject({ told: [], code: Code.InvalidArgument });
  });
});

describe.each(HTTP2)("in both directions by %s", (_protocol, to) => {
  test("each answer comes before the next request is sent", async () => {
    const { port } = await streamFronts();
    let answered = Promise.withResolvers<void>();
    async function* inTurn(): AsyncGenerator<Asked> {
      for (let n = 1; n < 4; n += 1) {
        yield { ipAddress: `192.0.2.${n}` };
        await answered.promise;
        answered = Promise.withResolvers<void>();
      }
    }
    const told: string[] = [];
    for await (const response of ask(to(port), inTurn())) {
      told.push(toldBy(response));
      answered.resolve();
    }
    expect(told).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  });

  test("a quota that is used up in the middle comes after the answers before it", async () => {
    const { port, usage } = await streamFronts({ quotaUnits: 2 });
    const { promise, resolve } = Promise.withResolvers<void>();
    async function* tooMany(): AsyncGenerator<Asked> {
      yield { ipAddress: "192.0.2.1" };
      await promise;
      yield* sent(["192.0.2.2", "192.0.2.3"]);
    }
    const responses = ask(to(port), tooMany())[Symbol.asyncIterator]();
    expect(toldBy((await responses.next()).value)).toBe("192.0.2.1");
    resolve();
    const rest = await failureOf({ [Symbol.asyncIterator]: () => responses });
    expect(rest).toMatchObject({ code: Code.ResourceExhausted, reason: "QUOTA_EXCEEDED" });
    expect(usage[0]).toMatchObject({ status: 200, units: 1 });
  });

  test("a client that sends nothing for too long is told, and so is everyone when the gateway leaves", async () => {
    const slow = await streamFronts({ streamPauseMsMax: PAUSE_MS });
    const failure = await failureOf(ask(to(slow.port), andThenNothing("192.0.2.1")));
    expect(failure).toMatchObject({ told: ["192.0.2.1"], reason: "BODY_TOO_SLOW" });

    const { port, close } = await streamFronts();
    const responses = ask(to(port), andThenNothing("192.0.2.1"))[Symbol.asyncIterator]();
    await responses.next();
    const closed = close();
    const left = await failureOf({ [Symbol.asyncIterator]: () => responses });
    expect(left).toMatchObject({ told: [], code: Code.Unavailable });
    await closed;
  });

  test("a deadline ends a stream that waits for its turn", async () => {
    const plan = { keyRate: { requests: 1, per: { seconds: 30n } } };
    const { port } = await streamFronts({
      ...{ principal: principalForTest({ plan }), sharesClock: true },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    async function* two(): AsyncGenerator<Asked> {
      yield { ipAddress: "192.0.2.1" };
      await promise;
      yield { ipAddress: "192.0.2.2" };
    }
    const responses = ask(to(port), two(), { timeoutMs: DEADLINE_MS })[Symbol.asyncIterator]();
    await responses.next();
    resolve();
    const failure = await failureOf({ [Symbol.asyncIterator]: () => responses });
    expect(failure.code).toBe(Code.DeadlineExceeded);
  });

  test("a client that goes is not billed for what is under way", async () => {
    const { port, geo, usage, hasRoom } = await streamFronts();
    geo.isHolding = true;
    const gone = new AbortController();
    const transport = to(port);
    const call = { signal: gone.signal };
    const responses = failureOf(ask(transport, andThenNothing("192.0.2.1"), call));
    await eventually(() => geo.addresses() === 1);
    gone.abort();
    expect((await responses).code).toBe(Code.Canceled);
    // What comes behind its reset over the same connection is answered after that.
    await expect(
      createClient(GeoService, transport).getLocation({ ipAddress: "192.0.2.1" }),
    ).rejects.toThrow(/key/);
    geo.answer();
    await eventually(() => usage.length === 1);
    expect(usage).toMatchObject([{ status: 499, units: 0 }]);
    await eventually(() => hasRoom(16_000));
  });
});
