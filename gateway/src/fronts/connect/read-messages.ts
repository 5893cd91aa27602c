import type { Message } from "@bufbuild/protobuf";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { BODY_BYTES_MAX, BODY_MS_MAX, readBody } from "../../http/read-body.ts";
import { fromBase64 } from "./base64.ts";
import { decompress } from "./compressions.ts";
import type { DecodeMessage } from "./decode-message.ts";
import { type Envelope, EnvelopeSplitter, messageTooLarge } from "./envelopes.ts";
import type { RpcCall } from "./rpc-call.ts";

const HEAD_BYTES = 5;
/** Of a body with one message: base64 makes four bytes of three. */
const TEXT_BYTES_MAX = Math.ceil((BODY_BYTES_MAX + HEAD_BYTES) / 3) * 4;

/** What messages are read with. */
export interface ReadMessagesDeps {
  readonly clock: Clock;
}

/**
 * Reads the one message of a call, of up to 1 MiB, within 10 s and the client's deadline. Errors, rejected with:
 * MALFORMED_REQUEST, INVALID_ARGUMENT, BODY_TOO_LARGE, BODY_TOO_SLOW, DEADLINE_EXCEEDED, CANCELLED; RPC_NOT_SERVED for no
 * message or several, which gRPC has as UNIMPLEMENTED.
 */
export async function readMessage(
  rpc: RpcCall,
  decode: DecodeMessage,
  { clock }: ReadMessagesDeps,
): Promise<Message> {
  const { protocol, query } = rpc;
  const body = query === undefined ? await bodyOf(rpc, clock) : messageOf(query);
  if (protocol.isEnveloped) return decodeEnvelope(rpc, theOnlyOne(body), decode);
  if (body.length > BODY_BYTES_MAX) throw messageTooLarge(BODY_BYTES_MAX);
  return decodeEnvelope(rpc, { isCompressed: rpc.compression !== undefined, bytes: body }, decode);
}

/** Reads the messages of a stream as they come, each of up to 1 MiB. Errors: as of `readMessage`, without those of time. */
export async function* readMessages(rpc: RpcCall, decode: DecodeMessage): AsyncGenerator<Message> {
  const splitter = new EnvelopeSplitter(BODY_BYTES_MAX);
  try {
    for await (const chunk of rpc.exchange.request) {
      for (const envelope of splitter.push(chunk as Buffer)) {
        yield await decodeEnvelope(rpc, envelope, decode);
      }
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError("CANCELLED", { cause });
  }
  if (!splitter.isEmpty) throw cutOff();
}

async function bodyOf({ exchange, protocol, call }: RpcCall, clock: Clock): Promise<Buffer> {
  const { isEnveloped, isText } = protocol;
  const bytesMax = isText ? TEXT_BYTES_MAX : BODY_BYTES_MAX + (isEnveloped ? HEAD_BYTES : 0);
  const { deadlineMs = Number.POSITIVE_INFINITY } = call;
  const leftMs = deadlineMs - clock.monotonicMs();
  if (leftMs <= 0) throw new AppError("DEADLINE_EXCEEDED");
  const msMax = Math.min(BODY_MS_MAX, leftMs);
  try {
    const body = await readBody(exchange.request, { bytesMax, msMax });
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
function theOnlyOne(body: Buffer): Envelope {
  const splitter = new EnvelopeSplitter(BODY_BYTES_MAX);
  const [first, ...more] = splitter.push(body);
  if (!splitter.isEmpty) throw cutOff();
  if (first !== undefined && more.length === 0) return first;
  throw new AppError("RPC_NOT_SERVED", { message: "the call takes exactly one message" });
}

async function decodeEnvelope(
  { compression, protocol }: RpcCall,
  { isCompressed, bytes }: Envelope,
  decode: DecodeMessage,
): Promise<Message> {
  if (!isCompressed) return decode(bytes, protocol.isJson);
  if (compression === undefined) {
    const message = `a message is compressed, but ${protocol.headers.encoding} does not say how`;
    throw new AppError("MALFORMED_REQUEST", { message });
  }
  return decode(await decompress(compression, bytes, BODY_BYTES_MAX), protocol.isJson);
}

const cutOff = () => new AppError("MALFORMED_REQUEST", { message: "the last message is cut off" });
