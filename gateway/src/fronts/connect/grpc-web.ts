import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { asBuffer } from "@geomesh/runtime/as-buffer";
import type { Protocol } from "./protocol.ts";

/**
 * An answer of gRPC as gRPC-Web has it: what stands in the trailers of HTTP comes as the last message. In grpc-web-text each
 * piece is base64 with its padding, so that a stream can be read as it comes.
 */
export function asGrpcWeb(
  { status, header = new Headers(), body, trailer }: UniversalServerResponse,
  { isText, isJson }: Protocol,
): UniversalServerResponse {
  const type = `application/grpc-web${isText ? "-text" : ""}+${isJson ? "json" : "proto"}`;
  header.set("content-type", type);
  return { status, header, body: withTrailer(body, trailer, isText) };
}

async function* withTrailer(
  body: AsyncIterable<Uint8Array> | undefined,
  trailer: Headers | undefined,
  isText: boolean,
): AsyncGenerator<Uint8Array> {
  const encode = isText ? inBase64 : (bytes: Uint8Array) => bytes;
  if (body !== undefined) for await (const bytes of body) yield encode(bytes);
  // What the trailers say is known when the body has ended.
  yield encode(encodeEnvelope(trailerFlag, trailerSerialize(trailer ?? new Headers())));
}

function inBase64(bytes: Uint8Array): Uint8Array {
  return Buffer.from(asBuffer(bytes).toString("base64"));
}
