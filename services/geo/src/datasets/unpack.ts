import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DRAFT_EXTENSION, replaceFile } from "@geomesh/runtime/files/replace-file";
import { syncDirectory } from "@geomesh/runtime/files/sync-directory";
import { buildTimeOf } from "../mmdb/build-time.ts";
import { removeAbandoned } from "./abandoned.ts";

/** Other programs of the machine may read datasets. */
const DATASET_MODE = 0o644;
const SAME_TIME_MS = 1000;

/** A file to be put in place. */
export interface Unpacking {
  readonly source: string;
  readonly target: string;
  /** The time of modification that the target is to bear. */
  readonly modifiedAt: Date;
  /** The current time, in milliseconds of Unix time. */
  readonly wallMs: number;
}

/**
 * Copies `source` to `target`, unpacked if its name ends in `.gz`, unless `target` has the right size and time or is
 * newer. An MMDB file that was built later stays as well, such as an update of a package that was installed once more, which has a newer
 * time and the older data. Processes that start together do not disturb each other, and no reader sees half a file. Errors: those of
 * node:fs and node:zlib; the target then stays as it was.
 */
export async function unpack({ source, target, modifiedAt, wallMs }: Unpacking): Promise<void> {
  const isGzip = source.endsWith(".gz");
  const size = isGzip ? await unpackedSize(source) : (await stat(source)).size;
  if (await isInPlace(target, size, modifiedAt)) return;
  await mkdir(dirname(target), { recursive: true });
  const isUnfinished = (name: string) => name.endsWith(DRAFT_EXTENSION);
  await removeAbandoned(dirname(target), { isUnfinished, wallMs });
  const through = isGzip ? createGunzip() : new PassThrough();
  const next = `${target}.${randomUUID()}${DRAFT_EXTENSION}`;
  try {
    await pipeline(createReadStream(source), through, (content: AsyncIterable<Buffer>) =>
      replaceFile(next, content, { mode: DATASET_MODE, modifiedAt }),
    );
    if (await isBuiltLater(target, next)) {
      // So it counts as newer at the next start.
      const now = new Date(Math.max(wallMs, modifiedAt.getTime() + 2 * SAME_TIME_MS));
      return await utimes(target, now, now);
    }
    await rename(next, target);
    await syncDirectory(dirname(target));
  } finally {
    await rm(next, { force: true });
  }
}

async function isBuiltLater(target: string, next: string): Promise<boolean> {
  const [current, other] = [await buildTimeOf(target), await buildTimeOf(next)];
  return current !== undefined && other !== undefined && current > other;
}

async function isInPlace(target: string, size: number, modifiedAt: Date): Promise<boolean> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) return false;
  const newerMs = found.mtimeMs - modifiedAt.getTime();
  return newerMs > SAME_TIME_MS || (found.size === size && newerMs > -SAME_TIME_MS);
}

/** RFC 1952 section 2.3.1: the last four bytes hold the size of the content modulo 2^32. */
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
