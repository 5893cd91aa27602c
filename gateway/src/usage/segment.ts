import { readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { syncDirectoryNow } from "@geomesh/runtime/files/sync-directory";
import { FRAME_HEADER_BYTES, readRecordFrame } from "./record-frame.ts";

const FILL_BYTES = 256 * 1024;
const NAME = /^(\d{20})\.spool$/;

/** A file of frames. Its name is the sequence of the first, padded so that names sort like sequences. */
export interface SegmentFile {
  readonly path: string;
  readonly firstSequence: bigint;
}

/** Lists the segments of an epoch's directory, oldest first. Errors: those of node:fs, here and below. */
export function listSegments(dir: string): SegmentFile[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const [, sequence] = NAME.exec(name) ?? [];
      return sequence === undefined
        ? []
        : [{ path: path.join(dir, name), firstSequence: BigInt(sequence) }];
    })
    .sort((a, b) => (a.firstSequence < b.firstSequence ? -1 : 1));
}

/** The path of the segment whose first record has this sequence. */
export function segmentPath(dir: string, firstSequence: bigint): string {
  return path.join(dir, `${`${firstSequence}`.padStart(20, "0")}.spool`);
}

/** Bytes that a segment takes on disk. */
export function segmentSize({ path: file }: SegmentFile): number {
  return statSync(file).size;
}

/**
 * Counts the frames of a segment, and tells whether something incomplete or damaged follows them. Where nothing follows,
 * the file is cut to its frames.
 */
export function sealSegment({ path: file }: SegmentFile): { count: number; isTorn: boolean } {
  const bytes = readFileSync(file);
  let [count, end] = [0, 0];
  for (
    let payload = readRecordFrame(bytes, 0);
    payload !== undefined;
    payload = readRecordFrame(bytes, end)
  ) {
    end += FRAME_HEADER_BYTES + payload.length;
    count += 1;
  }
  const isTorn = bytes.subarray(end).some((byte) => byte !== 0);
  if (!isTorn && end < bytes.length) truncateSync(file, end);
  return { count, isTorn };
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
