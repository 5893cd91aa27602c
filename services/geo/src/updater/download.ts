import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { UpdateSource } from "./source.ts";
import { fileInTar } from "./tar.ts";

const DOWNLOAD_BYTES_MAX = 2 ** 31;
const DOWNLOAD_MS_MAX = 15 * 60_000;

/** How a source is downloaded. */
export interface DownloadOptions {
  /** The time of the download, in milliseconds of Unix time. */
  readonly wallMs: number;
  /** The validator of the download that is in place: the publisher then says whether there is a newer one. */
  readonly etag: string | undefined;
  /** The file to write, which must not exist. */
  readonly target: string;
}

/** The outcome of a download: `isNew` is false if the publisher says that nothing changed. */
export interface Download {
  readonly isNew: boolean;
  readonly etag: string | undefined;
}

/**
 * Downloads a source of at most 2 GiB within at most 15 minutes and writes the unpacked dataset to `target`.
 * Errors: an Error that says what went wrong, without credentials, when the publisher does not answer as expected or the
 * digest differs.
 */
export async function download(
  source: UpdateSource,
  { wallMs, etag, target }: DownloadOptions,
): Promise<Download> {
  const signal = AbortSignal.timeout(DOWNLOAD_MS_MAX);
  const validators = etag === undefined ? {} : { "if-none-match": etag };
  const headers = { ...source.headers, ...validators };
  const response = await fetch(source.url(wallMs), { headers, signal });
  if (response.status === 304) return { isNew: false, etag };
  if (!response.ok || response.body === null) {
    throw new Error(`the publisher answered with status ${response.status}`);
  }
  const packed = `${target}.packed`;
  try {
    const digest = await save(response.body, packed);
    if (source.digestUrl !== undefined) {
      const expected = await readDigest(source.digestUrl(wallMs), {
        headers: source.headers,
        signal,
      });
      if (digest !== expected) throw new Error("the SHA-256 differs from the publisher's");
    }
    await unpack(packed, target, source);
  } finally {
    await rm(packed, { force: true });
  }
  return { isNew: true, etag: response.headers.get("etag") ?? undefined };
}

/** Writes a body to a file and returns its SHA-256 in hexadecimal. */
async function save(body: AsyncIterable<Uint8Array>, path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > DOWNLOAD_BYTES_MAX) {
        throw new Error(`the download exceeds ${DOWNLOAD_BYTES_MAX} bytes`);
      }
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/** The SHA-256 that a publisher states at the start of a text; undefined if the text does not start with one. */
async function readDigest(url: string, init: RequestInit): Promise<string | undefined> {
  const response = await fetch(url, init);
  if (!response.ok) {
    throw new Error(`the publisher answered with status ${response.status} for the digest`);
  }
  return /^[0-9a-f]{64}/i.exec(await response.text())?.[0].toLowerCase();
}

async function unpack(
  packed: string,
  target: string,
  { packing, name }: UpdateSource,
): Promise<void> {
  const file = await open(target, "wx");
  try {
    const write = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) await file.writeFile(chunk);
    };
    const source = createReadStream(packed);
    if (packing === "plain") await pipeline(source, write);
    else if (packing === "gzip") await pipeline(source, createGunzip(), write);
    else {
      const extension = extname(name);
      await pipeline(source, createGunzip(), (chunks) => write(fileInTar(chunks, extension)));
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
