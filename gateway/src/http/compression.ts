import type { Clock } from "@geomesh/runtime/clock";
import { acceptedCoding, type Coding } from "./accept-encoding.ts";
import {
  type CompressLarge,
  type CompressSmall,
  compressLarge,
  compressSmall,
  SMALL_BYTES_MAX,
} from "./compress.ts";
import { type Exchange, isGone } from "./exchange.ts";

/** A smaller body stays as it is. */
const BYTES_MIN = 1_024;
/** Of so much time one part goes to compressing small bodies: the many lookups of one turn must not wait for that. */
const SMALL_SHARE = 1 / 10;
/** So long small bodies may be compressed before that counts: some sixty. */
const SMALL_BURST_MS = 2;
/** No body counts for more: what takes longer was interrupted, and must not keep others plain for long. */
const SMALL_MS_MAX = 0.2;
/** Half of the threads that Node has for such work: the spool's disk needs one. */
const LARGE_AT_ONCE_MAX = 2;
const LARGE_BYTES_AT_ONCE_MAX = 8 * 1024 * 1024;
/** An answer waits no longer for its compressed body, whatever holds up the threads. */
const WAIT_MS_MAX = 500;

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
   * Calls `send` once: in this turn where the body is small or stays as it is, else when it is compressed. A body of 1,024 bytes
   * or more is compressed, unless there is too much to compress, it fails, or takes longer than half a second. A text has one
   * character a byte. The body must not change meanwhile, and `send` must not throw.
   */
  encode(exchange: Exchange, body: string | Uint8Array, send: (encoded: Encoded) => void): void;
}

/** What compression works with. */
export interface CompressionDeps {
  readonly clock: Clock;
  /** Default is zlib in the event loop. */
  readonly small?: CompressSmall;
  /** Default is zlib in the threads of Node. */
  readonly large?: CompressLarge;
}

/** What a caller may choose about compression. */
export interface CompressionOptions {
  /** Longest wait for a large body, in milliseconds; default 500. */
  readonly waitMsMax?: number;
}

/**
 * Creates the compression of answers, with bounds of its own. Small bodies, up to 4 KiB, take a tenth of the event loop's time at
 * most; of larger ones two are compressed at once, and 8 MiB. What comes meanwhile is sent as it is.
 */
export function createCompression(
  { clock, small = compressSmall, large = compressLarge }: CompressionDeps,
  { waitMsMax = WAIT_MS_MAX }: CompressionOptions = {},
): Compression {
  /** By when the time that small bodies took is their share of all time. */
  let evenMs = Number.NEGATIVE_INFINITY;
  let largeUnderWay = 0;
  let largeBytes = 0;

  function hasRoom({ length }: string | Uint8Array): boolean {
    if (length <= SMALL_BYTES_MAX) {
      return evenMs - clock.monotonicMs() < SMALL_BURST_MS / SMALL_SHARE;
    }
    return largeUnderWay < LARGE_AT_ONCE_MAX && largeBytes + length <= LARGE_BYTES_AT_ONCE_MAX;
  }

  function encodeSmall(coding: Coding, body: string | Uint8Array): Encoded {
    const startMs = clock.monotonicMs();
    const compressed = small(coding, bytesOf(body));
    const tookMs = Math.min(clock.monotonicMs() - startMs, SMALL_MS_MAX);
    evenMs = Math.max(evenMs, startMs) + tookMs / SMALL_SHARE;
    return compressed === undefined ? plain(body) : { body: compressed, coding };
  }

  function encodeLarge(
    coding: Coding,
    body: string | Uint8Array,
    send: (encoded: Encoded) => void,
  ): void {
    const { length } = body;
    let isSent = false;
    const finish = (compressed?: Uint8Array) => {
      if (isSent) return;
      isSent = true;
      clearTimeout(late);
      send(compressed === undefined ? plain(body) : { body: compressed, coding });
    };
    const late = setTimeout(finish, waitMsMax);
    largeUnderWay += 1;
    largeBytes += length;
    large(coding, bytesOf(body), (compressed) => {
      // Only now is its memory free, also where nobody waits for it any more.
      largeUnderWay -= 1;
      largeBytes -= length;
      finish(compressed);
    });
  }

  return {
    encode(exchange, body, send) {
      const { length } = body;
      const isHead = exchange.method === "HEAD";
      const isWorthIt = length >= BYTES_MIN && (isHead || hasRoom(body)) && !isGone(exchange);
      const coding = isWorthIt ? acceptedCoding(exchange.request.rawHeaders) : undefined;
      if (coding === undefined) send(plain(body));
      // It has the fields of GET, but not one that only the compressed body would tell (RFC 9110, section 9.3.2).
      else if (isHead) send({ body: undefined, coding });
      else if (length <= SMALL_BYTES_MAX) send(encodeSmall(coding, body));
      else encodeLarge(coding, body, send);
    },
  };
}

const plain = (body: string | Uint8Array): Encoded => ({ body, coding: undefined });

const bytesOf = (body: string | Uint8Array): Uint8Array =>
  typeof body === "string" ? Buffer.from(body, "latin1") : body;
