import { CorruptMmdbError } from "./corrupt-mmdb-error.ts";
import { VALUE_TYPE } from "./value-type.ts";

/**
 * Reads the control bytes that start each value of an MMDB data section. Errors: CorruptMmdbError outside the data.
 * Format: https://maxmind.github.io/MaxMind-DB/, section Output Data Section
 */
export class ControlReader {
  /** The type of the value that was opened last. */
  type = 0;
  /** The size of the value that was opened last: bytes of content, entries of a map or array, or 0 and 1 of a boolean. */
  size = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Reads type and size of the value at `offset`, which is not a pointer, and returns where its content starts. */
  open(offset: number): number {
    const control = this.byte(offset);
    let position = offset + 1;
    this.type = control >> 5;
    if (this.type === 0) this.type = this.byte(position++) + 7;
    const size = control & 31;
    if (size < 29) {
      this.size = size;
      return position;
    }
    if (size === 29) this.size = 29 + this.byte(position);
    else if (size === 30) this.size = 285 + this.#uint16(position);
    else this.size = 65821 + this.#uint24(position);
    return position + size - 28;
  }

  /** True for the offset of a pointer. */
  isPointer(offset: number): boolean {
    return this.byte(offset) >> 5 === VALUE_TYPE.pointer;
  }

  /** Where the pointer at `offset` leads. */
  target(offset: number): number {
    const control = this.byte(offset);
    const high = control & 7;
    switch ((control >> 3) & 3) {
      case 0:
        return (high << 8) | this.byte(offset + 1);
      case 1:
        return 2048 + ((high << 16) | this.#uint16(offset + 1));
      case 2:
        return 526336 + ((high << 24) | this.#uint24(offset + 1));
      default:
        return this.byte(offset + 1) * 0x1000000 + this.#uint24(offset + 2);
    }
  }

  /** Where the pointer at `offset` ends. */
  pointerEnd(offset: number): number {
    return offset + 2 + ((this.byte(offset) >> 3) & 3);
  }

  /** The end of a content of `size` bytes. */
  end(start: number, size: number): number {
    if (start + size > this.#bytes.length)
      throw new CorruptMmdbError(`the value at ${start} is cut off`);
    return start + size;
  }

  /** The byte at an offset. */
  byte(offset: number): number {
    const byte = this.#bytes[offset];
    if (byte === undefined) throw new CorruptMmdbError(`offset ${offset} is outside the data`);
    return byte;
  }

  #uint16(offset: number): number {
    return (this.byte(offset) << 8) | this.byte(offset + 1);
  }

  #uint24(offset: number): number {
    return (this.#uint16(offset) << 8) | this.byte(offset + 2);
  }
}
