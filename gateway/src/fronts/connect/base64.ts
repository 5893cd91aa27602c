import { AppError } from "@geomesh/runtime/errors";

const BASE64 = /^[A-Za-z0-9+/_=-]*$/;
const PADDING = /=+/;

/**
 * Decodes base64 of either alphabet. Several texts may follow each other, each with its padding, as gRPC-Web clients send
 * them. Errors: MALFORMED_REQUEST.
 */
export function fromBase64(text: string): Buffer {
  const pieces = text.split(PADDING);
  // One letter has six bits, which are no byte.
  if (!BASE64.test(text) || pieces.some(({ length }) => length % 4 === 1)) {
    throw new AppError("MALFORMED_REQUEST", { message: "the message is not valid base64" });
  }
  return pieces.length === 1
    ? Buffer.from(text, "base64")
    : Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
}
