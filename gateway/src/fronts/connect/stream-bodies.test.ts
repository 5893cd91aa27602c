import { brotliCompressSync, gzipSync } from "node:zlib";
import { toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { http1 } from "../../http/testing/clients.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";
import { GET_LOCATION } from "./testing/malformed-calls.ts";
import { callRaw, envelope, type RawProtocol } from "./testing/raw-rpc.ts";
import { type AnswerTexts, startStreams, streamOf, TextSchema } from "./testing/stream-service.ts";

const MIB = 1024 * 1024;
const MESSAGE_BYTES_MAX = MIB;
const BOMB = Buffer.alloc(128 * MIB);
const BOMBS = { gzip: gzipSync(BOMB), br: brotliCompressSync(BOMB) };
/** What a refused bomb may take at any moment: the limit, its pieces and the request. */
const BOUND_BYTES = 16 * MIB;

const collect: AnswerTexts = async function* collect(requests) {
  const all = await Array.fromAsync(requests, ({ service }) => service);
  yield { service: all.join(" ") };
};

let streams: Awaited<ReturnType<typeof startStreams>>;
let fronts: TestFronts;
beforeAll(async () => {
  const answers = { collect, spread: collect, converse: collect };
  streams = await startStreams(answers, MESSAGE_BYTES_MAX);
  fronts = await startTestFronts();
});
afterAll(() => Promise.all([streams.close(), fronts.close()]));

const COLLECT = `/${streamOf("Collect").parent.typeName}/Collect`;
const textOf = (service: string) =>
  toBinary(TextSchema, { $typeName: TextSchema.typeName, service });

describe("a stream in grpc-web-text", () => {
  const one = envelope(textOf("one")).toString("base64");
  const two = envelope(textOf("more")).toString("base64");

  test.each([
    ["each message with its own padding", one + two],
    [
      "all messages in one text",
      Buffer.concat([envelope(textOf("one")), envelope(textOf("more"))]).toString("base64"),
    ],
    ["the last one without its padding", one + two.replace(/=+$/, "")],
  ])("is read with %s, and answered in base64", async (_what, body) => {
    const { code, bytes } = await callRaw(streams.port, "grpc-web-text", { path: COLLECT, body });
    expect([code, bytes]).toEqual([0, Buffer.from(textOf("one more"))]);
  });

  test.each([
    ["no base64", `${one}AA!A`],
    ["a letter too many", `${one}AAAAA`],
    ["a message that is cut off", one + two.slice(0, 8)],
  ])("is refused with %s", async (_what, body) => {
    const answer = await callRaw(streams.port, "grpc-web-text", { path: COLLECT, body });
    expect(answer).toMatchObject({ code: Code.InvalidArgument, reason: "MALFORMED_REQUEST" });
  });
});

describe.each(Object.entries(BOMBS))("a bomb of %s", (name, bomb) => {
  const framed = envelope(bomb, 1);
  const text = { "content-type": "application/grpc-web-text", "grpc-encoding": name };
  const rows: [string, RawProtocol, string, Buffer | string, Record<string, string>][] = [
    ["Connect", "connect", GET_LOCATION, bomb, { "content-encoding": name }],
    ["gRPC", "grpc", GET_LOCATION, framed, { "grpc-encoding": name }],
    ["gRPC-Web", "grpc-web", GET_LOCATION, framed, { "grpc-encoding": name }],
    ["grpc-web-text", "grpc-web-text", GET_LOCATION, framed.toString("base64"), text],
    ["gRPC, in a stream", "grpc", COLLECT, framed, { "grpc-encoding": name }],
    ["gRPC-Web, in a stream", "grpc-web", COLLECT, framed, { "grpc-encoding": name }],
    ["grpc-web-text, in a stream", "grpc-web-text", COLLECT, framed.toString("base64"), text],
  ];

  test.each(rows)(
    "by %s is refused in bounded memory",
    async (_what, protocol, path, body, headers) => {
      const port = path === COLLECT ? streams.port : fronts.port;
      const { answer, grownBytes } = await watched(() =>
        callRaw(port, protocol, { path, body, headers }),
      );
      expect(answer).toMatchObject({ code: Code.ResourceExhausted, reason: "BODY_TOO_LARGE" });
      expect(grownBytes).toBeLessThan(BOUND_BYTES);
    },
  );

  test("by Connect, in a stream, is refused in bounded memory", async () => {
    const headers = {
      "content-type": "application/connect+proto",
      "connect-content-encoding": name,
    };
    const { answer, grownBytes } = await watched(() =>
      callRaw(streams.port, "connect", { path: COLLECT, body: framed, headers }),
    );
    const end = JSON.parse(answer.bytes.subarray(5).toString());
    expect(end.error.code).toBe("resource_exhausted");
    expect(grownBytes).toBeLessThan(BOUND_BYTES);
  });
});

describe("the version of Connect", () => {
  const post = (headers: Record<string, string>) =>
    callRaw(fronts.port, "connect", { path: GET_LOCATION, headers });

  test("need not be named, so that curl can call, and may be 1", async () => {
    expect(await post({})).toMatchObject({ code: 0 });
    expect(await post({ "connect-protocol-version": "1" })).toMatchObject({ code: 0 });
  });

  test("is refused where it is another one, by POST and by GET", async () => {
    const answer = await post({ "connect-protocol-version": "2" });
    expect(answer).toMatchObject({ code: Code.InvalidArgument, reason: "INVALID_ARGUMENT" });
    for (const [version, status] of [
      ["v1", 200],
      ["v2", 400],
    ] as const) {
      const query = `connect=${version}&encoding=json&message={}&api_key=${TEST_KEY}`;
      const received = await http1(fronts.port, { path: `${GET_LOCATION}?${query}` });
      expect([version, received.status]).toEqual([version, status]);
    }
  });

  test("is nothing to gRPC-Web", async () => {
    const headers = { "connect-protocol-version": "2" };
    const call = { path: GET_LOCATION, body: envelope(""), headers };
    expect(await callRaw(fronts.port, "grpc-web", call)).toMatchObject({ code: 0 });
  });
});

test.each([
  ["grpc-web", "application/grpc-web+json"],
  ["grpc-web-text", "application/grpc-web-text+proto"],
  ["grpc", "application/grpc+json"],
] as const)(
  "a call of %s that is refused is answered as %s, as it was sent",
  async (protocol, type) => {
    const headers = { "content-type": type };
    const answer = await callRaw(fronts.port, protocol, { path: "/no.such.Service/Call", headers });
    expect([answer.code, answer.headers["content-type"]]).toEqual([Code.Unimplemented, type]);
  },
);

/** Makes a call, and tells by how much the memory of buffers grew at most while it ran. */
async function watched<T>(call: () => Promise<T>): Promise<{ answer: T; grownBytes: number }> {
  const before = process.memoryUsage().arrayBuffers;
  let [most, isRunning] = [before, true];
  const look = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
    if (isRunning) setImmediate(look);
  };
  look();
  try {
    return { answer: await call(), grownBytes: most - before };
  } finally {
    isRunning = false;
  }
}
