import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { fileInTar, type TarFileOptions } from "./tar.ts";
import { isTarHeader, TAR_BLOCK_BYTES } from "./tar-header.ts";

/** A server may compress once more what is compressed. */
const GZIP_LAYERS_MAX = 2;

const GZIP = Buffer.from("1f8b", "hex");
const UNREADABLE: readonly (readonly [magic: Buffer, name: string])[] = [
  [Buffer.from("504b0304", "hex"), "a zip archive"],
  [Buffer.from("fd377a585a00", "hex"), "compressed with xz"],
  [Buffer.from("425a68", "hex"), "compressed with bzip2"],
  [Buffer.from("28b52ffd", "hex"), "compressed with zstd"],
  [Buffer.from("377abcaf271c", "hex"), "a 7z archive"],
];

/**
 * Unpacks a download to `target`, which must not exist. Its bytes say how it is packed, whatever its name and headers say: plain,
 * with gzip, as a tar archive, or both. Errors: an Error that says what is wrong, those of node:zlib and node:fs.
 */
export async function unpackDownload(
  packed: string,
  target: string,
  options: TarFileOptions,
): Promise<void> {
  await pipeline(createReadStream(packed), (chunks: AsyncIterable<Buffer>) =>
    writeUnpacked(unpacked(chunks, options), target, options.bytesMax),
  );
}

/**
 * Writes what was unpacked to `target`, which must not exist, and syncs it. Errors: an Error for more than `bytesMax`, those of the
 * content and of node:fs.
 */
export async function writeUnpacked(
  content: AsyncIterable<Uint8Array>,
  target: string,
  bytesMax: number,
): Promise<void> {
  const file = await open(target, "wx");
  let bytes = 0;
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new Error(`the unpacked download exceeds ${bytesMax} bytes`);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function* unpacked(
  chunks: AsyncIterable<Uint8Array>,
  options: TarFileOptions,
): AsyncGenerator<Uint8Array> {
  const content = await withoutGzip(chunks);
  const unreadable = UNREADABLE.find(([magic]) => startsWith(content.head, magic));
  if (unreadable !== undefined) {
    throw new Error(
      `the download is ${unreadable[1]}, which geo does not read; it reads gzip and tar`,
    );
  }
  yield* isTarHeader(content.head) ? fileInTar(content.all, options) : content.all;
}

/** The bytes of a content that may be compressed with gzip, also twice; as they are if it is not. */
export async function withoutGzip(chunks: AsyncIterable<Uint8Array>): Promise<Peeked> {
  let content = await peek(chunks);
  for (let layer = 0; layer < GZIP_LAYERS_MAX && startsWith(content.head, GZIP); layer++) {
    content = await peek(gunzipped(content.all));
  }
  return content;
}

async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const feeding = pipeline(chunks, gunzip);
  // The error comes out of the stream, too.
  feeding.catch(() => undefined);
  yield* gunzip;
  await feeding;
}

/** Bytes, and what they begin with. */
export interface Peeked {
  /** The first block, or all bytes of something shorter. */
  readonly head: Buffer;
  /** The bytes with those of the head. */
  readonly all: AsyncIterable<Uint8Array>;
}

async function peek(chunks: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < TAR_BLOCK_BYTES) {
    const { done, value } = await iterator.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => iterator };
  return { head, all: joined(head, rest) };
}

async function* joined(
  head: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

function startsWith(head: Buffer, magic: Buffer): boolean {
  return head.subarray(0, magic.length).equals(magic);
}
