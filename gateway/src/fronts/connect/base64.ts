import { AppError } from "@geomesh/runtime/errors";

const BASE64 = /^[A-Za-z0-9+/_=-]*$/;
const PADDING = /=+/;
/** So many letters are three bytes. */
const GROUP_CHARS = 4;

/**
 * Decodes base64 of either alphabet. Several texts may follow each other, each with its padding, as gRPC-Web clients send
 * them. Errors: MALFORMED_REQUEST.
 */
export function fromBase64(text: string): Buffer {
  const pieces = text.split(PADDING);
  // One letter has six bits, which are no byte.
  if (!BASE64.test(text) || pieces.some(({ length }) => length % GROUP_CHARS === 1)) {
    throw new AppError("MALFORMED_REQUEST", { message: "the message is not valid base64" });
  }
  return pieces.length === 1
    ? Buffer.from(text, "base64")
    : Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
}

/** Decodes base64 that comes in pieces cut anywhere, as `fromBase64` decodes it whole. Holds up to three letters. */
export class Base64Decoder {
  #rest = "";

  /** Takes text, and returns the bytes that are complete. Errors: MALFORMED_REQUEST. */
  push(text: string): Buffer {
    const all = this.#rest + text;
    const unpadded = all.lastIndexOf("=") + 1;
    const end = all.length - ((all.length - unpadded) % GROUP_CHARS);
    this.#rest = all.slice(end);
    return fromBase64(all.slice(0, end));
  }

  /** Returns the bytes of a last group without its padding. Errors: MALFORMED_REQUEST. */
  end(): Buffer {
    return fromBase64(this.#rest);
  }
}
