import { setImmediate as nextTurn } from "node:timers/promises";
import type { Message } from "@bufbuild/protobuf";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { isReset } from "../../http/exchange.ts";
import { BODY_MS_MAX, readBody } from "../../http/read-body.ts";
import { Base64Decoder, fromBase64 } from "./base64.ts";
import { decompress } from "./compressions.ts";
import type { DecodeMessage } from "./decode-message.ts";
import { type Envelope, EnvelopeSplitter, messageTooLarge } from "./envelopes.ts";
import type { RpcCall } from "./rpc-call.ts";

const HEAD_BYTES = 5;

/** What messages are read with. */
export interface ReadMessagesDeps {
  readonly clock: Clock;
  /** Largest message, in bytes, before and after its decompression. */
  readonly messageBytesMax: number;
}

/**
 * Reads the one message of a call within 10 s and the client's deadline. Errors, rejected with:
 * MALFORMED_REQUEST, INVALID_ARGUMENT, BODY_TOO_LARGE, BODY_TOO_SLOW, DEADLINE_EXCEEDED, CANCELLED; RPC_NOT_SERVED for no
 * message or several, which gRPC has as UNIMPLEMENTED.
 */
export async function readMessage(
  rpc: RpcCall,
  decode: DecodeMessage,
  deps: ReadMessagesDeps,
): Promise<Message> {
  const { protocol, query } = rpc;
  const { messageBytesMax } = deps;
  const body = query === undefined ? await bodyOf(rpc, deps) : messageOf(query);
  const envelope = protocol.isEnveloped
    ? theOnlyOne(body, messageBytesMax)
    : { isCompressed: rpc.compression !== undefined, bytes: body };
  const decoded = await readEnvelope(rpc, envelope, messageBytesMax);
  return decode(decoded, protocol.isJson);
}

/** Reads the messages of a stream as they come. Errors: as of `readMessage`, without those of time. */
export async function* readMessages(
  rpc: RpcCall,
  decode: DecodeMessage,
  { messageBytesMax }: Pick<ReadMessagesDeps, "messageBytesMax">,
): AsyncGenerator<Message> {
  const splitter = new EnvelopeSplitter(messageBytesMax);
  const { isJson, isText } = rpc.protocol;
  for await (const bytes of isText ? fromText(bytesOf(rpc)) : bytesOf(rpc)) {
    for (const envelope of splitter.push(bytes)) {
      yield decode(await readEnvelope(rpc, envelope, messageBytesMax), isJson);
    }
  }
  if (!splitter.isEmpty) throw cutOff();
}

/** The bytes of a body. Whoever stops reading leaves the connection as it is: the answer has yet to be sent. */
async function* bytesOf({ exchange: { request } }: RpcCall): AsyncGenerator<Buffer> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new AppError("CANCELLED", { cause });
  }
  if ("stream" in request) await nextTurn();
  if (isReset(request)) throw new AppError("CANCELLED");
}

async function* fromText(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const decoder = new Base64Decoder();
  for await (const chunk of chunks) yield decoder.push(chunk.toString("latin1"));
  yield decoder.end();
}

async function bodyOf(
  { exchange, protocol, call }: RpcCall,
  { clock, messageBytesMax }: ReadMessagesDeps,
): Promise<Buffer> {
  const { isEnveloped, isText } = protocol;
  const binaryBytesMax = messageBytesMax + (isEnveloped ? HEAD_BYTES : 0);
  // Base64 makes four bytes of three.
  const bytesMax = isText ? Math.ceil(binaryBytesMax / 3) * 4 : binaryBytesMax;
  const { deadlineMs = Number.POSITIVE_INFINITY } = call;
  const leftMs = deadlineMs - clock.monotonicMs();
  if (leftMs <= 0) throw new AppError("DEADLINE_EXCEEDED");
  const msMax = Math.min(BODY_MS_MAX, leftMs);
  try {
    const body = await readBody(exchange.request, { bytesMax, msMax, tellsItsEnd: isEnveloped });
    return isText ? fromBase64(body.toString("latin1")) : body;
  } catch (error) {
    const isLate = error instanceof AppError && error.reason === "BODY_TOO_SLOW";
    throw isLate && leftMs < BODY_MS_MAX ? new AppError("DEADLINE_EXCEEDED") : error;
  }
}

function messageOf(query: ReadonlyMap<string, string>): Buffer {
  const message = query.get("message") ?? "";
  return query.get("base64") === "1" ? fromBase64(message) : Buffer.from(message);
}

/** Errors: MALFORMED_REQUEST, BODY_TOO_LARGE; RPC_NOT_SERVED for no message or several. */
function theOnlyOne(body: Buffer, bytesMax: number): Envelope {
  const splitter = new EnvelopeSplitter(bytesMax);
  const [first, ...more] = splitter.push(body);
  if (!splitter.isEmpty) throw cutOff();
  if (first !== undefined && more.length === 0) return first;
  throw new AppError("RPC_NOT_SERVED", { message: "the call takes exactly one message" });
}

/** The bytes of a message, decompressed. */
async function readEnvelope(
  { compression, protocol }: RpcCall,
  { isCompressed, bytes }: Envelope,
  bytesMax: number,
): Promise<Uint8Array> {
  if (bytes.length > bytesMax) throw messageTooLarge(bytesMax);
  if (!isCompressed) return bytes;
  if (compression === undefined) {
    const message = `a message is compressed, but ${protocol.headers.encoding} does not say how`;
    throw new AppError("MALFORMED_REQUEST", { message });
  }
  return await decompress(compression, bytes, bytesMax);
}

const cutOff = () => new AppError("MALFORMED_REQUEST", { message: "the last message is cut off" });
