import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Walks through the fields of a serialized message: where each value begins and ends. Copies nothing. */
export class WireFields {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #to = 0;
  /** The number of the field that `next` moved to. */
  number = 0;
  /** Where its value begins; that of a length-delimited one after the length. */
  start = 0;
  /** Where its value ends. */
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
    const tag = this.#varint();
    this.number = tag >>> 3;
    const type = tag & 7;
    const length = type === WireType.LengthDelimited ? this.#varint() : 0;
    this.start = this.#at;
    if (type === WireType.LengthDelimited) this.#at += length;
    else if (type === WireType.Varint) this.#skipVarint();
    else if (type === WireType.Bit64) this.#at += 8;
    else if (type === WireType.Bit32) this.#at += 4;
    else throw malformed();
    if (this.#at > this.#to) throw malformed();
    this.end = this.#at;
    return true;
  }

  #varint(): number {
    const first = this.#bytes[this.#at] as number;
    if (first < 0x80) {
      this.#at += 1;
      return first;
    }
    const value = readVarint32(this.#bytes, this.#at);
    this.#skipVarint();
    return value;
  }

  #skipVarint(): void {
    while ((this.#bytes[this.#at++] as number) >= 0x80);
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

/** The library's reader, for values that are rare. */
export function readerOf(bytes: Buffer, start: number, end: number): BinaryReader {
  return new BinaryReader(bytes.subarray(start, end));
}

function malformed(): Error {
  return new Error("the bytes are not a serialized message");
}
