import { once } from "node:events";
import http2 from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { AppError } from "@geomesh/runtime/errors";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { envelope } from "./testing/raw-rpc.ts";
import {
  STREAMS,
  startStreams,
  streamOf,
  type Text,
  TextSchema,
} from "./testing/stream-service.ts";

const MESSAGE_BYTES_MAX = 64 * 1024;
/** What the server's side of the streams saw. */
const seen = { asked: 0, isAborted: false, hasEnded: false };

async function* upTo(last: number): AsyncGenerator<{ service: string }> {
  try {
    for (let n = 0; n <= last; n += 1) {
      seen.asked = n + 1;
      yield { service: `${n}` };
    }
  } finally {
    seen.hasEnded = true;
  }
}

let streams: Awaited<ReturnType<typeof startStreams>>;
beforeAll(async () => {
  streams = await startStreams(
    {
      async *collect(requests) {
        const all = await Array.fromAsync(requests, ({ service }) => service);
        yield { service: all.join(" ") };
      },
      async *spread(requests) {
        for await (const { service } of requests) yield* upTo(Number(service));
      },
      async *converse(requests, { call }, { responseHeader, responseTrailer }) {
        responseHeader.set("x-before", "first");
        responseTrailer.set("x-after", "last");
        call.signal.addEventListener("abort", () => {
          seen.isAborted = true;
        });
        for await (const { service } of requests) {
          if (service === "fail") throw new AppError("NOT_FOUND", { message: "no such place" });
          yield { service: `${service}!` };
          if (service === "stop") await once(call.signal, "abort");
        }
      },
    },
    MESSAGE_BYTES_MAX,
  );
});
afterAll(() => streams.close());
beforeEach(() => {
  Object.assign(seen, { asked: 0, isAborted: false, hasEnded: false });
});

const options = () => ({ baseUrl: `http://127.0.0.1:${streams.port}` });
const text = (service: string) => create(TextSchema, { service });
type Requests = AsyncIterable<Text>;

/** The methods of the client, whose types no generated code has. */
interface StreamClient {
  collect(requests: Requests, options?: object): Promise<Text>;
  spread(request: Text, options?: object): AsyncIterable<Text>;
  converse(requests: Requests, options?: object): AsyncIterable<Text>;
}

async function* sent(...texts: readonly string[]): AsyncGenerator<Text> {
  for (const each of texts) yield text(each);
}

async function failure(responses: AsyncIterable<Text>): Promise<[string[], ConnectError]> {
  const told: string[] = [];
  try {
    for await (const { service } of responses) told.push(service);
  } catch (error) {
    return [told, ConnectError.from(error)];
  }
  throw new Error("the call did not fail");
}

const reasonOf = (error: ConnectError) => error.findDetails(ErrorInfoSchema)[0]?.reason;
const over = (transport: Transport) => createClient(STREAMS, transport) as unknown as StreamClient;

const TRANSPORTS = [
  ["Connect over HTTP/1.1", () => createConnectTransport({ ...options(), httpVersion: "1.1" })],
  ["Connect over HTTP/2", () => createConnectTransport({ ...options(), httpVersion: "2" })],
  ["gRPC", () => createGrpcTransport(options())],
  ["gRPC-Web over HTTP/1.1", () => createGrpcWebTransport({ ...options(), httpVersion: "1.1" })],
  ["gRPC-Web over HTTP/2", () => createGrpcWebTransport({ ...options(), httpVersion: "2" })],
] as const;

describe.each(TRANSPORTS)("%s", (_protocol, transport) => {
  test("carries a stream of requests", async () => {
    const { service } = await over(transport()).collect(sent("a", "", "c"));
    expect(service).toBe("a  c");
  });

  test("carries a stream of responses", async () => {
    const responses = over(transport()).spread(text("2"));
    expect(await Array.fromAsync(responses, ({ service }) => service)).toEqual(["0", "1", "2"]);
  });

  test("refuses a message beyond the limit within a stream, before the stream has ended", async () => {
    async function* endless() {
      yield* sent("a", "x".repeat(MESSAGE_BYTES_MAX + 1));
      await new Promise(() => undefined);
    }
    const error = ConnectError.from(
      await over(transport())
        .collect(endless(), { timeoutMs: 20_000 })
        .catch((cause) => cause),
    );
    expect([error.code, reasonOf(error)]).toEqual([Code.ResourceExhausted, "BODY_TOO_LARGE"]);
  });

  test("ends a stream that waits for its client at the deadline", async () => {
    async function* silent() {
      yield text("a");
      await new Promise(() => undefined);
    }
    const error = ConnectError.from(
      await over(transport())
        .collect(silent(), { timeoutMs: 100 })
        .catch((cause) => cause),
    );
    expect(error.code).toBe(Code.DeadlineExceeded);
  });

  test("asks for no more responses once the client has gone", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const responses = over(transport()).spread(text("1e9"), { signal });
    for await (const { service } of responses) {
      if (service !== "1") continue;
      controller.abort();
      break;
    }
    await eventually(() => seen.hasEnded);
  });
});

describe.each(TRANSPORTS.filter(([protocol]) => !protocol.includes("1.1")))(
  "in both directions by %s",
  (_protocol, transport) => {
    test("each response comes before the next request is sent", async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      async function* inTurn() {
        yield text("one");
        await promise;
        yield text("two");
      }
      const headers: (string | null)[] = [];
      const told: string[] = [];
      const responses = over(transport()).converse(inTurn(), {
        onHeader: (some: Headers) => headers.push(some.get("x-before")),
        onTrailer: (some: Headers) => headers.push(some.get("x-after")),
      });
      for await (const { service } of responses) {
        told.push(service);
        resolve();
      }
      expect(told).toEqual(["one!", "two!"]);
      expect(headers).toEqual(["first", "last"]);
    });

    test("an error in the middle comes with its reason, after what was said before", async () => {
      const [told, error] = await failure(over(transport()).converse(sent("one", "fail", "two")));
      expect(told).toEqual(["one!"]);
      expect([error.code, error.rawMessage]).toEqual([Code.NotFound, "no such place"]);
      expect(reasonOf(error)).toBe("NOT_FOUND");
    });

    test("the signal of a call whose deadline has passed aborts", async () => {
      async function* silent() {
        yield text("a");
        await new Promise(() => undefined);
      }
      const [, error] = await failure(over(transport()).converse(silent(), { timeoutMs: 100 }));
      expect(error.code).toBe(Code.DeadlineExceeded);
      await eventually(() => seen.isAborted);
    });
  },
);

describe("who does not read holds the other side up", () => {
  /** A stream whose answer nobody reads. */
  function begin(name: "Spread" | "Converse") {
    const session = http2.connect(options().baseUrl);
    const path = `/${streamOf(name).parent.typeName}/${name}`;
    const headers = { "content-type": "application/grpc", te: "trailers" };
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    stream.on("error", () => undefined);
    return { stream, end: () => session.destroy() };
  }
  const framed = (service: string) => envelope(toBinary(TextSchema, text(service)));

  /** Waits until a count has stood still for a while. */
  async function standstill(count: () => number): Promise<void> {
    let [last, sinceMs] = [0, performance.now()];
    await eventually(() => {
      if (count() === last) return last > 0 && performance.now() - sinceMs > 200;
      [last, sinceMs] = [count(), performance.now()];
      return false;
    });
  }

  test("a client: no more responses are asked for, and none once it has gone", async () => {
    const { stream, end } = begin("Spread");
    stream.end(framed("1e9"));
    await standstill(() => seen.asked);
    expect(seen.hasEnded).toBe(false);
    end();
    await eventually(() => seen.hasEnded);
  });

  test("an implementation: no more requests are taken, and it hears when the client goes", async () => {
    const { stream, end } = begin("Converse");
    stream.write(framed("stop"));
    let taken = 0;
    const more = () => {
      taken += 1;
      stream.write(framed("x".repeat(32 * 1024)), (error) => error ?? more());
    };
    more();
    await standstill(() => taken);
    end();
    await eventually(() => seen.isAborted);
  });
});
