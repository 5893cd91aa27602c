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

/** What came of a download: `isNew` is false if the publisher says that nothing changed. */
export interface Download {
  readonly isNew: boolean;
  readonly etag: string | undefined;
}

/**
 * Downloads a source and writes the unpacked dataset to `target`. Throws an Error that says what went wrong, without
 * credentials, when the publisher does not answer as expected or the digest differs.
 */
export async function download(
  source: UpdateSource,
  { now, etag, target }: { now: Date; etag: string | undefined; target: string },
): Promise<Download> {
  const signal = AbortSignal.timeout(DOWNLOAD_MS_MAX);
  const validators = etag === undefined ? {} : { "if-none-match": etag };
  const response = await fetch(source.url(now), {
    headers: { ...source.headers, ...validators },
    signal,
  });
  if (response.status === 304) return { isNew: false, etag };
  if (!response.ok || response.body === null)
    throw new Error(`the publisher answers ${response.status}`);
  const packed = `${target}.packed`;
  try {
    const digest = await save(response.body, packed);
    await checkDigest(source, now, digest, signal);
    await unpack(packed, target, source);
  } finally {
    await rm(packed, { force: true });
  }
  return { isNew: true, etag: response.headers.get("etag") ?? undefined };
}

/** Writes a body to a file and returns its SHA-256. */
async function save(body: AsyncIterable<Uint8Array>, path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > DOWNLOAD_BYTES_MAX) throw new Error(`more than ${DOWNLOAD_BYTES_MAX} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function checkDigest(
  source: UpdateSource,
  now: Date,
  digest: string,
  signal: AbortSignal,
): Promise<void> {
  if (source.digestUrl === undefined) return;
  const response = await fetch(source.digestUrl(now), { headers: source.headers, signal });
  if (!response.ok) throw new Error(`the publisher answers ${response.status} for the digest`);
  const expected = /^[0-9a-f]{64}/i.exec(await response.text())?.[0].toLowerCase();
  if (expected !== digest) throw new Error("the download's SHA-256 is not the publisher's");
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
