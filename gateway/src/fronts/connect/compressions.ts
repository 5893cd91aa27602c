import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { AppError } from "@geomesh/runtime/errors";
import { messageTooLarge } from "./envelopes.ts";

/** The compressions of messages, in both directions. */
export const COMPRESSIONS: readonly Compression[] = [compressionGzip, compressionBrotli];
/** Their names, as headers list them. */
export const COMPRESSION_NAMES = COMPRESSIONS.map(({ name }) => name).join(",");

const IDENTITY = "identity";

/** The compression that a header names; undefined for none. Errors: CONTENT_CODING_UNSUPPORTED. */
export function compressionOf(name: string | undefined): Compression | undefined {
  if (name === undefined || name === "" || name === IDENTITY) return undefined;
  const known = COMPRESSIONS.find((each) => each.name === name.toLowerCase());
  if (known !== undefined) return known;
  throw new AppError("CONTENT_CODING_UNSUPPORTED", {
    message: `messages may be compressed by ${COMPRESSIONS.map(({ name }) => name).join(" or ")}`,
  });
}

/** Decompresses a message of up to `bytesMax`. Errors: BODY_TOO_LARGE, MALFORMED_REQUEST. */
export async function decompress(
  compression: Compression,
  bytes: Uint8Array,
  bytesMax: number,
): Promise<Uint8Array> {
  try {
    return await compression.decompress(bytes as Uint8Array<ArrayBuffer>, bytesMax);
  } catch (cause) {
    if (ConnectError.from(cause).code === Code.ResourceExhausted) throw messageTooLarge(bytesMax);
    throw new AppError("MALFORMED_REQUEST", {
      message: `the message cannot be decompressed by ${compression.name}`,
      cause,
    });
  }
}
