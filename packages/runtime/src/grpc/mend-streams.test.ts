import { once } from "node:events";
import { connect, constants, type IncomingHttpHeaders } from "node:http2";
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { StatusSchema } from "@geomesh/proto/es/google/rpc/status_pb";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pause } from "../async/pause.ts";
import { type CallContext, implement } from "./implement.ts";

const MESSAGE_BYTES_MAX = 1_000;
const LATE_MS = 50;
let server: Awaited<ReturnType<typeof startTestGrpcServer>>;

beforeAll(async () => {
  const requestDeserialize = (bytes: Buffer) => {
    if (bytes.toString() === "bad") throw new Error("not a letter");
    return bytes.toString();
  };
  const service = { ...LettersService, echo: { ...LettersService.echo, requestDeserialize } };
  const shout = async (text: string, { signal }: CallContext) => {
    if (text === "late") await pause(2 * LATE_MS, signal);
    return text.toUpperCase();
  };
  server = await startTestGrpcServer(implement(service, { ...letters, shout }), {
    messageBytesMax: MESSAGE_BYTES_MAX,
  });
});
afterAll(() => server.close(0));

/** A message in gRPC's framing. */
function framed(text: string, compressed = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

interface Answer {
  readonly code: number;
  readonly body: string;
  readonly reason: string | undefined;
}

/** Calls as a foreign client would, byte by byte. */
async function call(path: string, body: Buffer, more: IncomingHttpHeaders = {}): Promise<Answer> {
  const session = connect(`http://${server.address}`);
  try {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: path,
      "content-type": "application/grpc",
      te: "trailers",
      ...more,
    });
    let trailers: IncomingHttpHeaders = {};
    for (const event of ["response", "trailers"]) {
      stream.on(event, (headers: IncomingHttpHeaders) => {
        if (headers["grpc-status"] !== undefined) trailers = headers;
      });
    }
    const received: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => received.push(chunk));
    stream.end(body);
    await once(stream, "close");
    const text = Buffer.concat(received).subarray(5).toString();
    return { code: Number(trailers["grpc-status"]), body: text, reason: reasonIn(trailers) };
  } finally {
    session.close();
  }
}

function reasonIn(trailers: IncomingHttpHeaders): string | undefined {
  const base64 = trailers["grpc-status-details-bin"];
  if (base64 === undefined) return undefined;
  const { details, code } = fromBinary(StatusSchema, Buffer.from(String(base64), "base64"));
  expect(code).toBe(Number(trailers["grpc-status"]));
  return details.map((detail) => anyUnpack(detail, ErrorInfoSchema)?.reason)[0];
}

const SHOUT = "/test.Letters/Shout";
const COMPRESSED = { "grpc-encoding": "snappy" };

test.each<[string, string, Buffer, IncomingHttpHeaders, keyof typeof status]>([
  ["an unknown method", "/test.Letters/Whisper", framed("a"), {}, "UNIMPLEMENTED"],
  ["an unknown service", "/test.Numbers/Add", framed("a"), {}, "UNIMPLEMENTED"],
  ["a message beyond the limit", SHOUT, framed("a".repeat(1_001)), {}, "RESOURCE_EXHAUSTED"],
  ["an unknown compression", SHOUT, framed("a", 1), COMPRESSED, "UNIMPLEMENTED"],
  ["a timeout that is none", SHOUT, framed("a"), { "grpc-timeout": "soon" }, "INTERNAL"],
  ["a deadline that passes", SHOUT, framed("late"), { "grpc-timeout": "50m" }, "DEADLINE_EXCEEDED"],
  ["a frame that cannot be decoded", "/test.Letters/Echo", framed("bad"), {}, "INTERNAL"],
  [
    "the health of an unknown service",
    "/grpc.health.v1.Health/Check",
    framed("\n\u0001x"),
    {},
    "NOT_FOUND",
  ],
])("%s ends with an ErrorInfo", async (_, path, body, headers, code) => {
  expect(await call(path, body, headers)).toMatchObject({ code: status[code], reason: code });
});

test.each(["720H", "99999999H", "596H", "2147483648m", "99999999S", "2147484S"])(
  "a timeout of %s does not end the call",
  async (timeout) => {
    const answer = await call(SHOUT, framed("late"), { "grpc-timeout": timeout });
    expect(answer).toEqual({ code: status.OK, body: "LATE", reason: undefined });
  },
);

test("an endless timeout leaves the server's own limit", async () => {
  const limited = await startTestGrpcServer(
    implement(LettersService, { ...letters, shout: (_, { signal }) => endOf(signal) }),
    { callDeadlineMsMax: LATE_MS },
  );
  const before = server;
  server = limited;
  try {
    const answer = await call(SHOUT, framed("geo"), { "grpc-timeout": "720H" });
    expect(answer).toMatchObject({ code: status.DEADLINE_EXCEEDED, reason: "DEADLINE_EXCEEDED" });
  } finally {
    server = before;
    await limited.close(0);
  }
});

test("thousands of calls that are given up in a burst end no other call of their connection", async () => {
  const session = connect(`http://${server.address}`);
  const errors: unknown[] = [];
  session.on("error", (error) => errors.push(error));
  const open = () => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/test.Letters/Join",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", (error) => errors.push(error));
    return stream;
  };
  try {
    const kept = open();
    for (let round = 0; round < 10; round += 1) {
      const given = Array.from({ length: 500 }, open);
      await new Promise<void>((resolve) => session.ping(() => resolve()));
      for (const stream of given) stream.close(constants.NGHTTP2_CANCEL);
      await Promise.all(given.map((stream) => stream.closed || once(stream, "close")));
    }
    const answered = once(kept, "response");
    kept.end(framed("still here"));
    expect((await answered)[0]).toMatchObject({ ":status": 200 });
    expect(errors).toEqual([]);
  } finally {
    session.destroy();
  }
});

const endOf = (signal: AbortSignal) =>
  new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve("")));
