const MESSAGE = "grpc-message";
const NOT_PLAIN = /[^\x20-\x24\x26-\x7e]/g;

/**
 * Percent-encodes a status message as gRPC has it: bytes outside of printable ASCII, and `%`. Connect encodes as for a URL,
 * of which clients such as grpc-js leave `%3A` and its like as they are.
 */
export function percentEncoded(message: string): string {
  return Buffer.from(message)
    .toString("latin1")
    .replace(NOT_PLAIN, (byte) => {
      const hex = byte.charCodeAt(0).toString(16).toUpperCase();
      return `%${hex.padStart(2, "0")}`;
    });
}

/** The trailer of Connect's gRPC handler with its message encoded as gRPC has it. */
export function plainTrailer(trailer: Headers): Headers {
  const message = trailer.get(MESSAGE);
  if (message !== null) trailer.set(MESSAGE, percentEncoded(decodeURIComponent(message)));
  return trailer;
}
