import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Groups inside each other that are skipped. The library has the same bound. */
const GROUPS_MAX = 100;
const TYPE_BITS = 3;
const TYPE_MASK = 7;
const VARINT_BYTES_MAX = 10;
const TAG_BYTES_MAX = 5;
/** Above it, the fifth byte of a tag does not fit in 32 bits. */
const TAG_LAST_MAX = 0x0f;

/** What stands before a field on the wire: its number and how its value is encoded. */
export function wireTag(number: number, type: WireType): number {
  return ((number << TYPE_BITS) | type) >>> 0;
}

/** Walks through the fields of a serialized message: where each value begins and ends. Copies nothing. */
export class WireFields {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #to = 0;
  /** The tag of the field that `next` moved to, as `wireTag` makes it. */
  tag = 0;
  /** Its number. */
  number = 0;
  /** Where its value begins; that of a length-delimited one after the length. */
  start = 0;
  /** Where its value ends; that of a group before the tag that ends it. */
  end = 0;

  /** Begins before the first field of the message at these offsets. */
  open(bytes: Buffer, from: number, to: number): this {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
    return this;
  }

  /** Moves to the next field; false at the end. Errors: Error for bytes that are not a message. */
  next(): boolean {
    if (this.#at >= this.#to) return false;
    const tag = this.#tag();
    this.tag = tag;
    this.number = tag >>> TYPE_BITS;
    const type = tag & TYPE_MASK;
    const length = type === WireType.LengthDelimited ? this.#varint() : 0;
    this.start = this.#at;
    if (type === WireType.LengthDelimited) this.#at += length;
    else if (type === WireType.StartGroup) {
      this.end = this.#skipGroup();
      return true;
    } else this.#skipNumber(type);
    if (this.#at > this.#to) throw malformed();
    this.end = this.#at;
    return true;
  }

  #tag(): number {
    const from = this.#at;
    const first = this.#bytes[from] as number;
    const second = this.#bytes[from + 1] as number;
    let tag = first;
    if (first < 0x80) this.#at += 1;
    else if (second < 0x80) {
      tag = (first & 0x7f) | (second << 7);
      this.#at += 2;
    } else tag = this.#longTag();
    if (tag >>> TYPE_BITS === 0) throw malformed();
    return tag;
  }

  #longTag(): number {
    const from = this.#at;
    const tag = this.#varint();
    const length = this.#at - from;
    const isTooLong =
      length > TAG_BYTES_MAX ||
      (length === TAG_BYTES_MAX && (this.#bytes[this.#at - 1] as number) > TAG_LAST_MAX);
    if (isTooLong) throw malformed();
    return tag;
  }

  #varint(): number {
    const first = this.#bytes[this.#at] as number;
    if (first < 0x80) {
      this.#at += 1;
      return first;
    }
    const value = readVarint32(this.#bytes, this.#at);
    this.#at = skipVarint(this.#bytes, this.#at);
    return value;
  }

  #skipNumber(type: number): void {
    if (type === WireType.Varint) this.#at = skipVarint(this.#bytes, this.#at);
    else if (type === WireType.Bit64) this.#at += 8;
    else if (type === WireType.Bit32) this.#at += 4;
    else throw malformed();
  }

  /** Moves behind a group whose tag was read. Gives the offset of the tag that ends it. */
  #skipGroup(): number {
    const open = [this.number];
    let tagAt = this.#at;
    while (open.length > 0) {
      tagAt = this.#at;
      const tag = this.#tag();
      const [number, type] = [tag >>> TYPE_BITS, tag & TYPE_MASK];
      if (type === WireType.EndGroup) {
        if (open.pop() !== number) throw malformed();
      } else if (type === WireType.StartGroup) open.push(number);
      else if (type === WireType.LengthDelimited) {
        const length = this.#varint();
        this.#at += length;
      } else this.#skipNumber(type);
      if (this.#at > this.#to || open.length > GROUPS_MAX) throw malformed();
    }
    return tagAt;
  }
}

/** The low 32 bits of a varint, unsigned. */
export function readVarint32(bytes: Buffer, at: number): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++] as number;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value >>> 0;
}

/** The offset behind a varint, which may be beyond the end of the bytes. Errors: Error for one of more than ten bytes. */
export function skipVarint(bytes: Buffer, at: number): number {
  const bound = at + VARINT_BYTES_MAX;
  while ((bytes[at++] as number) >= 0x80) if (at === bound) throw malformed();
  return at;
}

/** The library's reader, for values that are rare. */
export function readerOf(bytes: Buffer, start: number, end: number): BinaryReader {
  return new BinaryReader(bytes.subarray(start, end));
}

/** What is thrown for bytes that are not of a message. */
export function malformed(): Error {
  return new Error("the bytes are not a serialized message");
}
