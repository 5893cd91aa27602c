import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FRAME_HEADER_BYTES, type FrameHeader, readFrameHeader } from "./group-frame.ts";

const CHUNK_BYTES = 64 * 1024;

/** A segment that is read, piece by piece. Errors: those of node:fs, here and below. */
export class SegmentView {
  readonly firstSequence: number;
  readonly path: string;
  /** Where the next frame is expected. */
  offset = 0;
  readonly #fd: number;
  #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #chunkAt = 0;
  #chunkEnd = 0;

  constructor({ path, firstSequence }: { readonly path: string; readonly firstSequence: number }) {
    this.path = path;
    this.firstSequence = firstSequence;
    this.#fd = openSync(path, "r");
  }

  /** The bytes at the offset, `length` of them; fewer at the end of the file. Valid until the next call. */
  here(length: number): Buffer {
    const end = this.offset + length;
    if (this.offset < this.#chunkAt || end > this.#chunkEnd) this.#read(length);
    return this.#chunk.subarray(
      this.offset - this.#chunkAt,
      Math.min(end, this.#chunkEnd) - this.#chunkAt,
    );
  }

  /** Reads anew from now on: what is in memory may be older than the file. */
  forget(): void {
    this.#chunkEnd = this.#chunkAt;
  }

  /** The header at the offset; undefined where none is, in the file as it is now. */
  header(): FrameHeader | undefined {
    const known = readFrameHeader(this.here(FRAME_HEADER_BYTES), 0);
    if (known !== undefined) return known;
    this.forget();
    return readFrameHeader(this.here(FRAME_HEADER_BYTES), 0);
  }

  /** All that is left of the file. */
  rest(): Buffer {
    const rest = Buffer.alloc(Math.max(0, fstatSync(this.#fd).size - this.offset));
    return rest.subarray(0, readSync(this.#fd, rest, 0, rest.length, this.offset));
  }

  close(): void {
    closeSync(this.#fd);
  }

  #read(length: number): void {
    if (length > this.#chunk.length) this.#chunk = Buffer.allocUnsafe(length);
    const bytes = readSync(this.#fd, this.#chunk, 0, this.#chunk.length, this.offset);
    this.#chunkAt = this.offset;
    this.#chunkEnd = this.offset + bytes;
  }
}
