import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { FRAME_HEADER_BYTES, readRecordFrame } from "./record-frame.ts";
import { listSegments, segmentPath } from "./segment.ts";

/** Must be larger than the largest frame. */
const CHUNK_BYTES = 256 * 1024;

/** Reads the records of an epoch in order. The page cache holds what was written lately, so nothing is kept in memory. */
export class Reader {
  readonly #dir: string;
  #fd: number | undefined;
  /** The first sequence of the segment that is open. */
  #openedAt: bigint | undefined;
  #offset = 0;
  #nextSequence: bigint;
  #chunk = Buffer.allocUnsafe(CHUNK_BYTES);

  /** Begins with the oldest segment that is left. Errors: those of node:fs, here and below. */
  constructor(dir: string) {
    this.#dir = dir;
    this.#nextSequence = listSegments(dir)[0]?.firstSequence ?? 1n;
  }

  /** The sequence of the record that `read` returns first. */
  get nextSequence(): bigint {
    return this.#nextSequence;
  }

  /** Reads up to `max` records, none beyond the sequence `through`. They are copies. Fewer where one is damaged. */
  read(max: number, through: bigint): Buffer[] {
    const payloads: Buffer[] = [];
    while (payloads.length < max && this.#nextSequence <= through) {
      const before = payloads.length;
      this.#readChunk(payloads, max, through);
      if (payloads.length > before) continue;
      if (!this.#openNext()) break;
    }
    return payloads;
  }

  /** Moves back or forward to a sequence that is on disk. */
  seek(sequence: bigint): void {
    this.close();
    const file = listSegments(this.#dir).findLast(({ firstSequence }) => firstSequence <= sequence);
    if (file === undefined) return;
    this.#nextSequence = file.firstSequence;
    const skipped = Number(sequence - file.firstSequence);
    for (let left = skipped; left > 0; ) {
      const read = this.read(Math.min(left, 500), sequence - 1n).length;
      if (read === 0) return;
      left -= read;
    }
  }

  /** Closes the file that is open; reading on opens it again. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#openedAt = undefined;
    this.#offset = 0;
  }

  #readChunk(payloads: Buffer[], max: number, through: bigint): void {
    if (this.#fd === undefined && !this.#openNext()) return;
    const bytes = readSync(this.#fd as number, this.#chunk, 0, CHUNK_BYTES, this.#offset);
    const chunk = this.#chunk.subarray(0, bytes);
    let at = 0;
    while (payloads.length < max && this.#nextSequence <= through) {
      const payload = readRecordFrame(chunk, at);
      if (payload === undefined) break;
      payloads.push(Buffer.from(payload));
      at += FRAME_HEADER_BYTES + payload.length;
      this.#nextSequence += 1n;
    }
    this.#offset += at;
  }

  /** Opens the next segment: its name is the next sequence. False where it does not exist, or is open and has no more. */
  #openNext(): boolean {
    if (this.#openedAt === this.#nextSequence) return false;
    const next = segmentPath(this.#dir, this.#nextSequence);
    if (!existsSync(next)) return false;
    this.close();
    this.#fd = openSync(next, "r");
    this.#openedAt = this.#nextSequence;
    return true;
  }
}
