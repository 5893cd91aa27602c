import zlib from "node:zlib";
import { acceptedCoding, type Coding } from "./accept-encoding.ts";
import { type Exchange, isGone } from "./exchange.ts";

/** What an answer says that may be sent in one coding or another, whichever it is sent in. */
export const VARIES = { vary: "Accept-Encoding" };

/** A smaller body stays as it is. */
const BYTES_MIN = 1_024;
/**
 * So many bodies are compressed at once: half of the threads that Node has for such work, as the spool's disk needs one. Each
 * costs the event loop about as much as a lookup does, so many lookups of one turn must not all be compressed.
 */
const AT_ONCE_MAX = 2;
const BYTES_AT_ONCE_MAX = 8 * 1024 * 1024;
/** An answer waits no longer for its compressed body, whatever holds up the threads. */
const WAIT_MS_MAX = 500;

/**
 * Chosen for speed. A batch of 1,000 locations of 924 kB takes, in milliseconds of one core: gzip 1: 2.4 (84 kB), 3: 2.7 (77 kB),
 * 6: 5.8 (63 kB); brotli 1: 1.6 (76 kB), 4: 3.4 (63 kB), 5: 7.2 (56 kB). Of each about 0.2 are the event loop's. One location
 * of 1.1 kB takes 0.05, half of them the event loop's, and becomes 630 to 670 bytes by any of these.
 */
const GZIP_LEVEL = 3;
const BROTLI_QUALITY = 1;
const CHUNK_BYTES_MAX = 64 * 1024;
const SMALL_BYTES_MAX = 4 * 1024;
/** A window that holds a small body whole, instead of 256 KiB to set up. */
const SMALL_WINDOW = { windowBits: 12, memLevel: 5 };

/** Compresses a body, and hands over the result, once: undefined where it failed or came out no smaller. It never throws. */
export type Compress = (
  coding: Coding,
  body: Uint8Array,
  done: (compressed: Uint8Array | undefined) => void,
) => void;

/** A body as it is sent. */
export interface Encoded {
  /** Undefined in an answer to HEAD whose length is not known. */
  readonly body: string | Uint8Array | undefined;
  /** Undefined for none. */
  readonly coding: Coding | undefined;
}

/** Compresses bodies of answers for the clients that accept it. */
export interface Compression {
  /**
   * Calls `send` once: in this turn where the body stays as it is, else when it is compressed. A body of 1,024 bytes or more is
   * compressed unless two or 8 MiB are being compressed already, it fails, or takes more than half a second. A text has one
   * character a byte. The body must not change meanwhile, and `send` must not throw.
   */
  encode(exchange: Exchange, body: string | Uint8Array, send: (encoded: Encoded) => void): void;
}

/** What a caller may choose about compression. */
export interface CompressionOptions {
  /** Default is zlib in the threads of Node. */
  readonly compress?: Compress;
  /** Default 500 ms. */
  readonly waitMsMax?: number;
}

/** Creates the compression of answers. What it has under way, it has in all. */
export function createCompression({
  compress = compressByZlib,
  waitMsMax = WAIT_MS_MAX,
}: CompressionOptions = {}): Compression {
  let underWay = 0;
  let bytesUnderWay = 0;

  return {
    encode(exchange, body, send) {
      const { length } = body;
      const isWorthIt = length >= BYTES_MIN && !isGone(exchange);
      const coding = isWorthIt ? acceptedCoding(exchange.request.rawHeaders) : undefined;
      const plain: Encoded = { body, coding: undefined };
      if (coding === undefined) return send(plain);
      // It has the fields of GET, but not one that only the compressed body would tell (RFC 9110, section 9.3.2).
      if (exchange.method === "HEAD") return send({ body: undefined, coding });
      if (underWay >= AT_ONCE_MAX || bytesUnderWay + length > BYTES_AT_ONCE_MAX) return send(plain);

      let isSent = false;
      const finish = (compressed?: Uint8Array) => {
        if (isSent) return;
        isSent = true;
        clearTimeout(late);
        send(compressed === undefined ? plain : { body: compressed, coding });
      };
      const late = setTimeout(finish, waitMsMax);
      underWay += 1;
      bytesUnderWay += length;
      const bytes = typeof body === "string" ? Buffer.from(body, "latin1") : body;
      compress(coding, bytes, (compressed) => {
        // Only now is its memory free, also where nobody waits for it any more.
        underWay -= 1;
        bytesUnderWay -= length;
        finish(compressed);
      });
    },
  };
}

const compressByZlib: Compress = (coding, body, done) => {
  const { length } = body;
  const sizes = { chunkSize: Math.min(length, CHUNK_BYTES_MAX), maxOutputLength: length - 1 };
  const whenDone = (error: Error | null, compressed: Uint8Array) =>
    done(error === null ? compressed : undefined);
  try {
    if (coding === "gzip") {
      const window = length <= SMALL_BYTES_MAX ? SMALL_WINDOW : {};
      zlib.gzip(body, { ...sizes, ...window, level: GZIP_LEVEL }, whenDone);
      return;
    }
    const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
    const params = { [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [BROTLI_PARAM_SIZE_HINT]: length };
    zlib.brotliCompress(body, { ...sizes, params }, whenDone);
  } catch {
    // It throws at once where there is no memory to begin with.
    done(undefined);
  }
};
