import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { CODINGS, type Coding } from "../../http/accept-encoding.ts";
import { brotliOptions } from "../../http/compress.ts";
import { isCompressible } from "../../http/compressible.ts";
import type { StaticFile } from "./file-set.ts";

/**
 * Of 0 to 11. Higher ones take a second for the largest flags and make them a seventh smaller; as these run where the spool
 * syncs, in the thread pool, lookups could wait for that.
 */
const BROTLI_QUALITY = 5;
const HASH_CHARS = 22;

/** A file as it is sent. */
export interface Body {
  /** Undefined for the bytes as they are on disk. */
  readonly coding: Coding | undefined;
  /** Strong, and of these very bytes: codings of one file have different ones (RFC 9110, section 8.8.3). */
  readonly etag: string;
  readonly bytes: Uint8Array;
}

/** The body for a client, by the codings that it takes, best first. Errors: those of reading the file. */
export type BodyFor = (accepted: readonly Coding[]) => Promise<Body>;

/** Compresses bytes, now or when their turn comes. */
export type Compress = (coding: Coding, bytes: Uint8Array) => Promise<Uint8Array>;

const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);

/** Compresses bytes at once, by each coding. */
export type Compressors = Readonly<Record<Coding, (bytes: Uint8Array) => Promise<Uint8Array>>>;

const COMPRESSORS: Compressors = {
  gzip: (bytes) => compressGzip(bytes),
  br: (bytes) => compressBrotli(bytes, brotliOptions(bytes, BROTLI_QUALITY)),
};

/** Creates what compresses one file after another, so that it never takes more than one thread of the pool. */
export function createCompress(compressors: Compressors = COMPRESSORS): Compress {
  let last: Promise<unknown> = Promise.resolve();
  return (coding, bytes) => {
    const compressed = last.then(() => compressors[coding](bytes));
    last = compressed.catch(() => undefined);
    return compressed;
  };
}

/**
 * Creates the bodies of a file. The file is read when it is first asked for, and compressed, or read as a build has compressed
 * it, when a coding is first asked for; then both are kept. A coding that makes it no smaller is not used.
 */
export function createBodies(file: StaticFile, compress: Compress): BodyFor {
  const plain = once(async () => toBody(await readFile(file.source)));
  const compressed = (coding: Coding) =>
    once(async () => {
      const { bytes } = await plain();
      const fewer = await compress(coding, bytes);
      // The copy is exact: what zlib returns holds a whole chunk of 16 KiB in memory, however small it is.
      return fewer.length < bytes.length ? toBody(new Uint8Array(fewer), coding) : undefined;
    });
  const built = (source: string, coding: Coding) =>
    once(async () => toBody(await readFile(source), coding));
  const coded = new Map<Coding, () => Promise<Body | undefined>>();
  for (const coding of isCompressible(file.type) ? CODINGS : []) {
    const source = file.compressed?.[coding];
    if (source !== undefined) coded.set(coding, built(source, coding));
    else if (file.compressed === undefined) coded.set(coding, compressed(coding));
  }
  return async (accepted) => {
    for (const coding of accepted) {
      const body = await coded.get(coding)?.();
      if (body !== undefined) return body;
    }
    return await plain();
  };
}

function toBody(bytes: Uint8Array, coding?: Coding): Body {
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, HASH_CHARS);
  return { coding, etag: `"${hash}"`, bytes };
}

/** Makes something when it is first asked for. What fails is made anew by the next that asks. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
