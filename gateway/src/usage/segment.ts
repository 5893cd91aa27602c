import { readdirSync, statSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { syncDirectoryNow } from "@geomesh/runtime/files/sync-directory";

const FILL_BYTES = 256 * 1024;
const NAME = /^(\d{20})\.spool$/;

/**
 * A file of frames. Its name is the sequence of the first, padded so that names sort like sequences. Frames of an earlier
 * segment with this sequence or a later one are void: they were not answered.
 */
export interface SegmentFile {
  readonly path: string;
  readonly firstSequence: number;
}

/** Lists the segments of an epoch's directory, oldest first. Errors: those of node:fs, here and below. */
export function listSegments(dir: string): SegmentFile[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const firstSequence = Number(NAME.exec(name)?.[1] ?? 0);
      return firstSequence >= 1 && Number.isSafeInteger(firstSequence)
        ? [{ path: path.join(dir, name), firstSequence }]
        : [];
    })
    .sort((a, b) => a.firstSequence - b.firstSequence);
}

/** The path of the segment whose first record has this sequence. */
export function segmentPath(dir: string, firstSequence: number): string {
  return path.join(dir, `${`${firstSequence}`.padStart(20, "0")}.spool`);
}

/** The path of a segment of zeros that has no records yet. */
export function sparePath(dir: string): string {
  return path.join(dir, "spare");
}

/** Bytes that a segment takes on disk. */
export function segmentSize({ path: file }: SegmentFile): number {
  return statSync(file).size;
}

/** Cuts a segment to its first `bytes`, where it is longer. */
export function cutSegment(segment: SegmentFile, bytes: number): void {
  if (segmentSize(segment) > bytes) truncateSync(segment.path, bytes);
}

/**
 * Creates a file that is filled with zeros on disk, so that a later fdatasync need not allocate: on a sparse file it costs
 * several times as much.
 */
export async function createSegment(file: string, bytes: number): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    const zeros = Buffer.alloc(Math.min(bytes, FILL_BYTES));
    for (let offset = 0; offset < bytes; offset += zeros.length) {
      await handle.write(zeros, 0, Math.min(zeros.length, bytes - offset), offset);
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
  syncDirectoryNow(path.dirname(file));
}
