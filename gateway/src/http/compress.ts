import zlib from "node:zlib";
import type { Coding } from "./accept-encoding.ts";

/**
 * Chosen for speed. A batch of 1,000 locations of 924 kB takes, in milliseconds of one core: gzip 1: 2.4 (84 kB), 3: 2.7 (77 kB),
 * 6: 5.8 (63 kB); brotli 1: 1.6 (76 kB), 4: 3.4 (63 kB), 5: 7.2 (56 kB). Of each about 0.2 are the event loop's.
 */
const GZIP_LEVEL = 3;
const BROTLI_QUALITY = 1;
const CHUNK_BYTES_MAX = 64 * 1024;

/**
 * Bodies of up to so many bytes are small. One location of 1.2 kB takes 0.03 ms where it is compressed at once; a thread for it
 * would cost the event loop 0.09 ms, and as much again elsewhere.
 */
export const SMALL_BYTES_MAX = 4 * 1024;
/** A window that holds a small body whole, instead of 256 KiB to set up. */
const SMALL_WINDOW = { windowBits: 12, memLevel: 5 };

/** Compresses a small body at once. Undefined where that failed or made it no smaller. */
export type CompressSmall = (coding: Coding, body: Uint8Array) => Uint8Array | undefined;

/** Compresses a body in another thread and hands over the result, once: undefined as above. It never throws. */
export type CompressLarge = (
  coding: Coding,
  body: Uint8Array,
  done: (compressed: Uint8Array | undefined) => void,
) => void;

/** By zlib, in the event loop. */
export const compressSmall: CompressSmall = (coding, body) => {
  try {
    return coding === "gzip"
      ? zlib.gzipSync(body, { ...gzipOptions(body), ...SMALL_WINDOW })
      : zlib.brotliCompressSync(body, fastBrotli(body));
  } catch {
    return undefined;
  }
};

/** By zlib, in the threads of Node. */
export const compressLarge: CompressLarge = (coding, body, done) => {
  const whenDone = (error: Error | null, compressed: Uint8Array) =>
    done(error === null ? compressed : undefined);
  try {
    if (coding === "gzip") zlib.gzip(body, gzipOptions(body), whenDone);
    else zlib.brotliCompress(body, fastBrotli(body), whenDone);
  } catch {
    // It throws at once where there is no memory to begin with.
    done(undefined);
  }
};

function gzipOptions(body: Uint8Array): zlib.ZlibOptions {
  return { ...sizes(body), level: GZIP_LEVEL };
}

function fastBrotli(body: Uint8Array): zlib.BrotliOptions {
  return { ...sizes(body), ...brotliOptions(body, BROTLI_QUALITY) };
}

/** How brotli compresses a body at a quality from 0 to 11. */
export function brotliOptions({ length }: Uint8Array, quality: number): zlib.BrotliOptions {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  return { params: { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_SIZE_HINT]: length } };
}

/** What would come out no smaller fails. */
function sizes({ length }: Uint8Array): Pick<zlib.ZlibOptions, "chunkSize" | "maxOutputLength"> {
  return { chunkSize: Math.min(length, CHUNK_BYTES_MAX), maxOutputLength: length - 1 };
}
