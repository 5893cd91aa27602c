import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { buffer } from "node:stream/consumers";
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { StatusSchema } from "@geomesh/proto/es/google/rpc/status_pb";
import { TEST_KEY } from "../../testing/fronts.ts";

/** How the bytes of a call travel. */
export type RawProtocol = "connect" | "grpc" | "grpc-web" | "grpc-web-text";

/** What is sent: the bytes as they are, whatever the protocol asks for. */
export interface RawCall {
  readonly path: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** True where more of the body seems to come, until there is an answer. */
  readonly isUnfinished?: boolean;
}

/** What came back, the same for every protocol. */
export interface RawAnswer {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Of gRPC; 0 for success. */
  readonly code: number;
  /** The reason of ErrorInfo. */
  readonly reason: string | undefined;
  /** As it came, still percent-encoded. */
  readonly message: string | undefined;
  /** Of the first message. */
  readonly bytes: Buffer;
}

const TYPES: Readonly<Record<RawProtocol, string>> = {
  connect: "application/proto",
  grpc: "application/grpc",
  "grpc-web": "application/grpc-web+proto",
  "grpc-web-text": "application/grpc-web-text",
};

interface Received {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Calls with the test key: gRPC over HTTP/2, the others over HTTP/1.1. */
export async function callRaw(
  port: number,
  protocol: RawProtocol,
  { path, body = "", headers = {}, isUnfinished = false }: RawCall,
): Promise<RawAnswer> {
  const own = { "content-type": TYPES[protocol], "x-api-key": TEST_KEY, ...headers };
  const send = protocol === "grpc" ? overHttp2 : overHttp1;
  const received = await send(port, path, own, body, isUnfinished);
  if (protocol === "connect") return ofConnect(received);
  if (protocol === "grpc") return ofGrpc(received, received.body);
  const isText = protocol === "grpc-web-text";
  const decoded = isText ? fromPieces(received.body.toString()) : received.body;
  const { trailers, messages } = splitWeb(decoded);
  return ofGrpc({ ...received, trailers: { ...received.trailers, ...trailers } }, messages);
}

/** A message in its envelope. */
export function envelope(bytes: Uint8Array | string, flags = 0, length?: number): Buffer {
  const data = Buffer.from(bytes as Uint8Array);
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(length ?? data.length, 1);
  return Buffer.concat([head, data]);
}

async function overHttp1(
  port: number,
  path: string,
  headers: object,
  body: Uint8Array | string,
  isUnfinished: boolean,
): Promise<Received> {
  const options = { port, host: "127.0.0.1", method: "POST", path, agent: false };
  const request = http.request({ ...options, headers: headers as http.OutgoingHttpHeaders });
  // A server that refuses early may cut the connection while the body is still being sent.
  request.on("error", () => undefined);
  if (isUnfinished) request.write(body);
  else request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  request.end();
  const bytes = await buffer(response);
  const { statusCode = 0, headers: received, trailers } = response;
  return { httpStatus: statusCode, headers: received, trailers, body: bytes };
}

async function overHttp2(
  port: number,
  path: string,
  headers: object,
  body: Uint8Array | string,
  isUnfinished: boolean,
): Promise<Received> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  try {
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    let trailers: http2.IncomingHttpHeaders = {};
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("error", () => undefined);
    stream.write(body);
    if (!isUnfinished) stream.end();
    const [received] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    stream.end();
    const bytes = await buffer(stream);
    return { httpStatus: Number(received[":status"]), headers: received, trailers, body: bytes };
  } finally {
    session.close();
  }
}

function ofConnect({ httpStatus, headers, body }: Received): RawAnswer {
  if (httpStatus === 200) {
    return { httpStatus, headers, code: 0, reason: undefined, message: undefined, bytes: body };
  }
  const { code, message, details = [] } = JSON.parse(body.toString());
  const info = details.find(({ type }: { type: string }) => type === ErrorInfoSchema.typeName);
  const bytes = info && Buffer.from(info.value, "base64");
  const reason = bytes && fromBinary(ErrorInfoSchema, bytes).reason;
  return { httpStatus, headers, code: codeFromString(code) ?? -1, reason, message, bytes: body };
}

function ofGrpc({ httpStatus, headers, trailers }: Received, messages: Buffer): RawAnswer {
  const all = { ...headers, ...trailers };
  const details = all["grpc-status-details-bin"];
  const status =
    typeof details === "string"
      ? fromBinary(StatusSchema, Buffer.from(details, "base64"))
      : undefined;
  const [info] = status?.details.flatMap((any) => anyUnpack(any, ErrorInfoSchema) ?? []) ?? [];
  return {
    httpStatus,
    headers,
    code: Number(all["grpc-status"] ?? -1),
    reason: info?.reason,
    message: all["grpc-message"] as string | undefined,
    bytes: messages.subarray(5),
  };
}

function splitWeb(body: Buffer): { trailers: Record<string, string>; messages: Buffer } {
  for (let at = 0; at + 5 <= body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    if (body.readUInt8(at) === 0x80) {
      const lines = body
        .subarray(at + 5, end)
        .toString()
        .split("\r\n");
      const pairs = lines.filter((line) => line !== "").map((line) => line.split(/: (.*)/s));
      return {
        trailers: Object.fromEntries(pairs.map(([name, value]) => [name, value])),
        messages: body.subarray(0, at),
      };
    }
    at = end;
  }
  return { trailers: {}, messages: body };
}

function fromPieces(text: string): Buffer {
  return Buffer.concat(text.split(/=+/).map((piece) => Buffer.from(piece, "base64")));
}
