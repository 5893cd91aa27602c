import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

const trailerBytes = 4;

/**
 * Unpacks a gzip file to `target`, unless `target` already has the size that the gzip trailer states
 * and the source's modification time. Processes that start together each write a file of their own
 * and rename it, so that no reader ever sees half a file.
 */
export async function unpackGzip(source: string, target: string): Promise<void> {
  const wanted = { size: await unpackedSize(source), mtime: (await stat(source)).mtime };
  if (await isUnpacked(target, wanted)) return;
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomUUID()}.part`;
  try {
    const file = await open(temporary, "wx");
    try {
      await pipeline(createReadStream(source), createGunzip(), (chunks) => writeAll(file, chunks));
      await file.utimes(wanted.mtime, wanted.mtime);
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
  for await (const chunk of chunks) await file.write(chunk);
}

async function isUnpacked(target: string, wanted: { size: number; mtime: Date }): Promise<boolean> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) return false;
  const isSameTime = Math.abs(found.mtimeMs - wanted.mtime.getTime()) < 1000;
  return found.size === wanted.size && isSameTime;
}

/** RFC 1952 section 2.3.1: the size of the content modulo 2^32 stands in the last four bytes. */
async function unpackedSize(source: string): Promise<number> {
  const file = await open(source);
  try {
    const { size } = await file.stat();
    const trailer = Buffer.alloc(trailerBytes);
    await file.read(trailer, 0, trailerBytes, size - trailerBytes);
    return trailer.readUInt32LE();
  } finally {
    await file.close();
  }
}
