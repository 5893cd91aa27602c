import { isUtf8 } from "node:buffer";

const BYTES_START = 16 * 1024;
/** A larger buffer is dropped after the text that needed it. */
const BYTES_KEPT_MAX = 256 * 1024;

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const ASCII_END = 0x80;

/** Messages inside each other. Readers of protobuf have the same bound. */
const DEPTH_MAX = 100;

/**
 * Builds a JSON text in one buffer of bytes. Strings that are joined piece by piece would have to be flattened, counted and
 * encoded afterwards, which costs more than all the rest.
 */
export class JsonBytes {
  #bytes = Buffer.allocUnsafe(BYTES_START);
  #length = 0;
  #depth = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Begins a new text. */
  clear(): void {
    this.#length = 0;
    this.#depth = 0;
  }

  /** Begins a message inside those that were not left yet. Gives their count. Errors: Error for more than 100. */
  enter(): number {
    if (this.#depth === DEPTH_MAX) throw new Error(`messages nest deeper than ${DEPTH_MAX} levels`);
    this.#depth += 1;
    return this.#depth;
  }

  /** Ends the message that was entered last. */
  leave(): void {
    this.#depth -= 1;
  }

  /** Adds bytes as they are. */
  raw(more: Uint8Array): void {
    const bytes = this.#roomFor(more.length);
    let at = this.#length;
    for (let from = 0; from < more.length; from += 1) bytes[at++] = more[from] as number;
    this.#length = at;
  }

  /** Adds text in ASCII that needs no escape. */
  ascii(text: string): void {
    const bytes = this.#roomFor(text.length);
    let at = this.#length;
    for (let from = 0; from < text.length; from += 1) bytes[at++] = text.charCodeAt(from);
    this.#length = at;
  }

  /** Adds a comma. */
  comma(): void {
    this.#roomFor(1)[this.#length++] = COMMA;
  }

  /** Adds a JSON string of the UTF-8 at these offsets. Errors: Error for bytes that are not UTF-8, as readers of proto3 refuse them. */
  utf8(source: Buffer, start: number, end: number): void {
    const bytes = this.#roomFor(end - start + 2);
    let at = this.#length;
    bytes[at++] = QUOTE;
    let from = start;
    while (from < end) {
      const byte = source[from] as number;
      if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) break;
      if (byte >= ASCII_END) {
        const next = from + sequenceLength(source, from, end);
        if (next === from) break;
        for (; from < next; from += 1) bytes[at++] = source[from] as number;
      } else {
        bytes[at++] = byte;
        from += 1;
      }
    }
    if (from < end) {
      this.text(textOf(source, start, end));
      return;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  /** Adds a JSON string of any text. */
  text(text: string): void {
    this.raw(Buffer.from(JSON.stringify(text)));
  }

  /** Encloses all since `start` in brackets. Each member has a comma before it; the opening bracket replaces the first. */
  enclose(start: number, brackets: "{}" | "[]"): void {
    if (this.#length === start) this.comma();
    const bytes = this.#roomFor(1);
    bytes[start] = brackets.charCodeAt(0);
    bytes[this.#length++] = brackets.charCodeAt(1);
  }

  /** The text, with one character a byte, to be sent as `latin1`. Begins a new text. */
  take(): string {
    const text = this.#bytes.toString("latin1", 0, this.#length);
    this.#length = 0;
    if (this.#bytes.length > BYTES_KEPT_MAX) this.#bytes = Buffer.allocUnsafe(BYTES_START);
    return text;
  }

  #roomFor(count: number): Buffer {
    const needed = this.#length + count;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}

/** The text of the UTF-8 at these offsets. Errors: Error for bytes that are not UTF-8. */
export function textOf(source: Buffer, start: number, end: number): string {
  const bytes = source.subarray(start, end);
  if (!isUtf8(bytes)) throw new Error("a string of the message is not UTF-8");
  return bytes.toString();
}

/**
 * Bytes of the UTF-8 sequence that begins here with a byte above ASCII; 0 where it is malformed.
 * The bounds of its first two bytes are those of table 3-7 of the Unicode Standard.
 */
function sequenceLength(source: Buffer, at: number, end: number): 0 | 2 | 3 | 4 {
  const first = source[at] as number;
  const second = source[at + 1] as number;
  if (first < 0xc2 || first > 0xf4 || !isContinuation(second)) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  if (length > 2 && !isContinuation(source[at + 2])) return 0;
  if (length > 3 && !isContinuation(source[at + 3])) return 0;
  const isExcluded =
    (first === 0xe0 && second < 0xa0) ||
    (first === 0xed && second > 0x9f) ||
    (first === 0xf0 && second < 0x90) ||
    (first === 0xf4 && second > 0x8f);
  return isExcluded ? 0 : length;
}

const isContinuation = (byte: number | undefined) => ((byte as number) & 0xc0) === 0x80;
