const INITIAL_BYTES = 64 * 1024;

/** A growing buffer that answers are written into and copied out of; one serves all frames. */
export class ByteWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  length = 0;

  /** Makes room for `count` more bytes; needed before `bytes` is written to directly. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** Writes an unsigned integer below 2^32 as a protobuf varint. Five bytes must be reserved. */
  varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /**
   * Writes the tags and lengths of messages that enclose each other, from the outermost to the innermost, which has `size`
   * bytes. Tags take one byte each; six bytes a tag must be reserved.
   */
  enclosing(tags: readonly number[], size: number): void {
    for (let i = 0; i < tags.length; i++) {
      let enclosed = size;
      for (let inner = i + 1; inner < tags.length; inner++) enclosed += 1 + varintBytes(enclosed);
      this.bytes[this.length++] = tags[i] as number;
      this.varint(enclosed);
    }
  }

  /** Appends all bytes of a part. */
  append(part: Uint8Array): void {
    this.reserve(part.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  /** Appends the first `count` bytes of a short part, for which a loop is the fastest copy. They must be reserved. */
  copy(part: Uint8Array, count: number): void {
    const { bytes, length } = this;
    for (let i = 0; i < count; i++) bytes[length + i] = part[i] as number;
    this.length += count;
  }

  /** Writes a field with a text of at most 2^28 bytes and a tag below 2^14; nothing if the value is unset. */
  text(tag: number, value: string | undefined): void {
    if (value === undefined) return;
    const size = Buffer.byteLength(value);
    this.reserve(size + 7);
    this.varint(tag);
    this.varint(size);
    this.length += this.bytes.write(value, this.length);
  }

  /** Writes a field with an unsigned integer below 2^32 and a tag below 2^14; nothing if the value is unset. */
  integer(tag: number, value: number | undefined): void {
    if (value === undefined) return;
    this.reserve(7);
    this.varint(tag);
    this.varint(value);
  }

  /** Writes a field with a double and a tag below 2^14; nothing if the value is unset. */
  double(tag: number, value: number | undefined): void {
    if (value === undefined) return;
    this.reserve(10);
    this.varint(tag);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  /** Returns a copy of what was written and empties the writer. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.length);
    this.bytes.copy(taken, 0, 0, this.length);
    this.length = 0;
    return taken;
  }
}

/** How many bytes `varint` writes for a value below 2^32. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}
