import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { removeAbandoned } from "./abandoned.ts";

const PART_EXTENSION = ".part";
const SAME_TIME_MS = 1000;

/** A file to be put in place: where it comes from and the time it is to bear. */
export interface Unpacking {
  readonly source: string;
  readonly target: string;
  readonly time: Date;
}

/**
 * Copies `source` to `target`, unpacked if it is gzip, unless `target` has the right size and time or is newer.
 * Processes that start together each write a file of their own and rename it, so that no reader ever sees
 * half a file.
 */
export async function unpack({ source, target, time }: Unpacking): Promise<void> {
  const isGzip = source.endsWith(".gz");
  const size = isGzip ? await unpackedSize(source) : (await stat(source)).size;
  if (await isInPlace(target, size, time)) return;
  await mkdir(dirname(target), { recursive: true });
  await removeAbandoned(dirname(target), /\.part$/);
  const temporary = `${target}.${randomUUID()}${PART_EXTENSION}`;
  try {
    const file = await open(temporary, "wx");
    try {
      const through = isGzip ? createGunzip() : new PassThrough();
      await pipeline(createReadStream(source), through, (chunks) => writeAll(file, chunks));
      await file.utimes(time, time);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeAll(file: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) await file.writeFile(chunk);
}

async function isInPlace(target: string, size: number, time: Date): Promise<boolean> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) return false;
  const newerMs = found.mtimeMs - time.getTime();
  return newerMs > SAME_TIME_MS || (found.size === size && newerMs > -SAME_TIME_MS);
}

/** RFC 1952 section 2.3.1: the size of the content modulo 2^32 stands in the last four bytes. */
async function unpackedSize(source: string): Promise<number> {
  const file = await open(source);
  try {
    const { size } = await file.stat();
    const trailer = Buffer.alloc(4);
    await file.read(trailer, 0, trailer.length, size - trailer.length);
    return trailer.readUInt32LE();
  } finally {
    await file.close();
  }
}
