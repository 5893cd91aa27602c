const BYTES_START = 16 * 1024;
/** A larger buffer is dropped after the text that needed it. */
const BYTES_KEPT_MAX = 256 * 1024;

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * Builds a JSON text in one buffer of bytes. Strings that are joined piece by piece would have to be flattened, counted and
 * encoded afterwards, which costs more than all the rest.
 */
export class JsonBytes {
  #bytes = Buffer.allocUnsafe(BYTES_START);
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Begins a new text. */
  clear(): void {
    this.#length = 0;
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

  /** Adds a JSON string of the UTF-8 at these offsets. */
  utf8(source: Buffer, start: number, end: number): void {
    const bytes = this.#roomFor(end - start + 2);
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let from = start; from < end; from += 1) {
      const byte = source[from] as number;
      if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) {
        this.raw(Buffer.from(JSON.stringify(source.toString("utf8", start, end))));
        return;
      }
      bytes[at++] = byte;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
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
