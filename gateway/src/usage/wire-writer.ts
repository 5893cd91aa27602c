/** Writes protobuf fields of the kinds that a usage record has into one buffer, which is reused. */
export class WireWriter {
  readonly #bytes: Buffer;
  #length = 0;

  /** @param bytesMax the largest message */
  constructor(bytesMax: number) {
    this.#bytes = Buffer.allocUnsafe(bytesMax);
  }

  /** Begins a new message. */
  clear(): void {
    this.#length = 0;
  }

  /** Adds a whole number from 0 to 2^53 - 1; leaves out 0, as proto3 does. */
  varint(field: number, value: number): this {
    if (value === 0) return this;
    this.#varint(field << 3);
    this.#varint(value);
    return this;
  }

  /** Adds a text; leaves out an empty one. Errors: RangeError beyond the largest message. */
  text(field: number, value: string): this {
    if (value === "") return this;
    const length = Buffer.byteLength(value);
    if (this.#length + length + HEADER_BYTES_MAX > this.#bytes.length) {
      throw new RangeError(`the message exceeds ${this.#bytes.length} bytes`);
    }
    this.#varint((field << 3) | LENGTH_DELIMITED);
    this.#varint(length);
    this.#bytes.write(value, this.#length);
    this.#length += length;
    return this;
  }

  /** The message, valid until the next one begins. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }
}

const LENGTH_DELIMITED = 2;
/** Room for a tag and a length, and for the numbers that follow. */
const HEADER_BYTES_MAX = 64;
