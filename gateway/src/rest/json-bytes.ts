const BYTES_START = 16 * 1024;
/** A larger buffer is given back after the text that needed it. */
const BYTES_KEPT_MAX = 256 * 1024;
/** Beyond this a string is left to the library, which is faster at many characters and slower at few. */
const SCANNED_CHARS_MAX = 64;
const UTF8_BYTES_A_CHAR_MAX = 3;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * A JSON text in the making, in one buffer of bytes: strings put together piece by piece would have to be flattened,
 * counted and encoded afterwards, which costs more than all the rest.
 */
export class JsonBytes {
  #bytes = Buffer.allocUnsafe(BYTES_START);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  raw(more: Uint8Array): void {
    const bytes = this.#roomFor(more.length);
    let at = this.#length;
    for (let from = 0; from < more.length; from += 1) bytes[at++] = more[from] as number;
    this.#length = at;
  }

  /** A text of ASCII alone that needs no escape. */
  ascii(text: string): void {
    const bytes = this.#roomFor(text.length);
    let at = this.#length;
    for (let from = 0; from < text.length; from += 1) bytes[at++] = text.charCodeAt(from);
    this.#length = at;
  }

  comma(): void {
    this.#roomFor(1)[this.#length++] = COMMA;
  }

  string(value: string): void {
    if (!this.#scan(value)) this.#encode(value);
  }

  /** Writes a short string of plain ASCII; false, and nothing written, for any other. */
  #scan(value: string): boolean {
    if (value.length > SCANNED_CHARS_MAX) return false;
    const bytes = this.#roomFor(value.length + 2);
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let from = 0; from < value.length; from += 1) {
      const code = value.charCodeAt(from);
      if (!isPlain(code)) return false;
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
    return true;
  }

  /** Puts what came since `start` between brackets. Each member came with a comma before it; the first gives way. */
  enclose(start: number, brackets: "{}" | "[]"): void {
    if (this.#length === start) this.comma();
    const bytes = this.#roomFor(1);
    bytes[start] = brackets.charCodeAt(0);
    bytes[this.#length++] = brackets.charCodeAt(1);
  }

  /** The text, with one character a byte, to be sent as `latin1`; what comes next begins anew. */
  take(): string {
    const text = this.#bytes.toString("latin1", 0, this.#length);
    this.#length = 0;
    if (this.#bytes.length > BYTES_KEPT_MAX) this.#bytes = Buffer.allocUnsafe(BYTES_START);
    return text;
  }

  #encode(value: string): void {
    const text = JSON.stringify(value);
    this.#length += this.#roomFor(text.length * UTF8_BYTES_A_CHAR_MAX).write(text, this.#length);
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

/** ASCII that a JSON string holds as it is. */
function isPlain(code: number): boolean {
  return code >= 0x20 && code < 0x7f && code !== QUOTE && code !== BACKSLASH;
}
