/** Writes protobuf fields of the kinds that a usage record has, into a buffer that is used again and again. */
export class WireWriter {
  readonly #bytes: Buffer;
  #length = 0;

  /** @param bytesMax of one message; what is beyond it is an error */
  constructor(bytesMax: number) {
    this.#bytes = Buffer.allocUnsafe(bytesMax);
  }

  /** Begins a message, whatever became of the one before. */
  clear(): void {
    this.#length = 0;
  }

  /** A whole number from 0 to 2^53 - 1; left out when it is 0, as proto3 has it. */
  varint(field: number, value: number): this {
    if (value === 0) return this;
    this.#varint(field << 3);
    this.#varint(value);
    return this;
  }

  /** Left out when it is empty. Errors: RangeError where there is no room. */
  text(field: number, value: string): this {
    if (value === "") return this;
    const length = Buffer.byteLength(value);
    if (this.#length + length + HEADER_BYTES_MAX > this.#bytes.length) {
      throw new RangeError(`a message may have ${this.#bytes.length} bytes`);
    }
    this.#varint((field << 3) | LENGTH_DELIMITED);
    this.#varint(length);
    this.#bytes.write(value, this.#length);
    this.#length += length;
    return this;
  }

  /** The message, valid until the next one is begun. */
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
/** Of a tag and a length, with room for the numbers that follow. */
const HEADER_BYTES_MAX = 64;
