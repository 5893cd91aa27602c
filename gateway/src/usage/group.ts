import {
  alignFrame,
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  FRAME_RECORDS_MAX,
  INDEXES_TAG,
  KINDS_TAG,
  writeFrameHeader,
  writeVarint,
} from "./group-frame.ts";
import type { KnownKind } from "./kind-table.ts";

const KIND_BYTES_MAX = 4_096;
const INDEX_BYTES_MAX = 3;
const LENGTH_BYTES_MAX = 4;
/** Room for a tag and a length, and for the end of a frame. */
const SPARE_BYTES = 1 + LENGTH_BYTES_MAX + FRAME_HEADER_BYTES;

/** Collects the records of one frame after another, in buffers that are used again. */
export class Group {
  /** The frame: header and kinds; the indexes follow when it is finished. */
  readonly #frame = Buffer.allocUnsafe(FRAME_BYTES_MAX);
  readonly #indexes = Buffer.allocUnsafe(FRAME_RECORDS_MAX * INDEX_BYTES_MAX);
  #number = 1;
  #kindsEnd = FRAME_HEADER_BYTES;
  #indexesEnd = 0;
  #kindsCount = 0;
  #count = 0;

  /** Bytes that the frame takes at most with one more record of a kind; Infinity where it has no room for it. */
  bytesWith(kind: KnownKind): number {
    if (this.#count >= FRAME_RECORDS_MAX) return Number.POSITIVE_INFINITY;
    let bytes = this.#kindsEnd + this.#indexesEnd + INDEX_BYTES_MAX + SPARE_BYTES;
    if (kind.group !== this.#number) {
      if (kind.bytes.length > KIND_BYTES_MAX) return Number.POSITIVE_INFINITY;
      bytes += kind.bytes.length + 1 + LENGTH_BYTES_MAX;
    }
    return bytes > FRAME_BYTES_MAX ? Number.POSITIVE_INFINITY : bytes;
  }

  /** Adds a record of a kind, for which `bytesWith` must have told that there is room. */
  add(kind: KnownKind): void {
    if (kind.group !== this.#number) this.#addKind(kind);
    this.#indexesEnd = writeVarint(this.#indexes, this.#indexesEnd, kind.index);
    this.#count += 1;
  }

  /** The frame of what was added, valid until the next `add`, when another group begins. */
  finish(firstSequence: number): Buffer {
    const frame = this.#frame;
    let end = this.#kindsEnd;
    frame[end++] = INDEXES_TAG;
    end = writeVarint(frame, end, this.#indexesEnd);
    end += this.#indexes.copy(frame, end, 0, this.#indexesEnd);
    writeFrameHeader(frame, firstSequence, this.#count, end - FRAME_HEADER_BYTES);
    const aligned = alignFrame(end);
    frame.fill(0, end, aligned);
    this.clear();
    return frame.subarray(0, aligned);
  }

  /** Drops what was added. */
  clear(): void {
    this.#number += 1;
    this.#kindsEnd = FRAME_HEADER_BYTES;
    this.#indexesEnd = 0;
    this.#kindsCount = 0;
    this.#count = 0;
  }

  #addKind(kind: KnownKind): void {
    let end = this.#kindsEnd;
    this.#frame[end++] = KINDS_TAG;
    end = writeVarint(this.#frame, end, kind.bytes.length);
    end += kind.bytes.copy(this.#frame, end);
    this.#kindsEnd = end;
    kind.group = this.#number;
    kind.index = this.#kindsCount++;
  }
}
