import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const WIRE_TYPE_BITS = 3;
const WIRE_TYPE_MASK = (1 << WIRE_TYPE_BITS) - 1;
const VARINT_BITS = 7;
const VARINT_MORE = 0x80;
/** Texts that are kept, each at a place of its own, where the next one of the same place takes over. */
const SHARED_TEXTS = 256;

/** Texts of ASCII that many messages have, so that each is made once and not for every message. */
export class SharedTexts {
  readonly #texts = new Array<string>(SHARED_TEXTS).fill("");

  /** The text that lies from `start` to `end`. */
  read(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    const [first = 0, last = 0] = [bytes[start], bytes[end - 1]];
    const place = (first * 31 + last * 7 + length) % SHARED_TEXTS;
    const kept = this.#texts[place] as string;
    if (kept.length === length && isTextAt(kept, bytes, start)) return kept;
    const text = bytes.toString("utf8", start, end);
    this.#texts[place] = text;
    return text;
  }
}

/** Whether a text is of ASCII alone and lies there. */
function isTextAt(text: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const byte = bytes[start + i] as number;
    if (byte >= VARINT_MORE || byte !== text.charCodeAt(i)) return false;
  }
  return true;
}

/**
 * Reads a protobuf message that this process has encoded, field by field, where it lies. What decodes any message by its
 * description takes several times as long.
 */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #wireType = VARINT;

  /** The message lies from `start` to `end`. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** The number of the next field, whose value must be read or skipped; 0 at the end. */
  field(): number {
    if (this.#at >= this.#end) return 0;
    const tag = this.number();
    this.#wireType = tag & WIRE_TYPE_MASK;
    return tag >>> WIRE_TYPE_BITS;
  }

  /** A varint, of which the low 32 bits count. */
  number(): number {
    let byte = this.#bytes[this.#at++] as number;
    let value = byte & ~VARINT_MORE;
    for (let bits = VARINT_BITS; byte >= VARINT_MORE; bits += VARINT_BITS) {
      byte = this.#bytes[this.#at++] as number;
      if (bits < 32) value |= (byte & ~VARINT_MORE) << bits;
    }
    return value;
  }

  text(): string {
    const length = this.number();
    const start = this.#at;
    this.#at += length;
    return this.#bytes.toString("utf8", start, this.#at);
  }

  /** A text that other messages have as well. */
  sharedText(texts: SharedTexts): string {
    const length = this.number();
    const start = this.#at;
    this.#at += length;
    return texts.read(this.#bytes, start, this.#at);
  }

  /** A message of few, which is decoded by its description. */
  message<Desc extends DescMessage>(desc: Desc): MessageShape<Desc> {
    const length = this.number();
    const start = this.#at;
    this.#at += length;
    return fromBinary(desc, this.#bytes.subarray(start, this.#at));
  }

  /** Passes over the value of a field. */
  skip(): void {
    if (this.#wireType === VARINT || this.#wireType === DELIMITED) {
      const number = this.number();
      if (this.#wireType === DELIMITED) this.#at += number;
    } else this.#at += this.#wireType === FIXED_64 ? 8 : 4;
  }
}
