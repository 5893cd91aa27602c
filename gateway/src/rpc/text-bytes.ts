const BYTES_START = 64 * 1024;
/** Room beside what the last texts took. */
const SPARE = 1.125;

/**
 * Joins texts of one character a byte into bytes, in one buffer, which is used again where the texts leave most of it empty. What
 * fills it is handed out with it: a copy of every answer is what a long stream would spend its time on.
 */
export class TextBytes {
  #bytes = Buffer.allocUnsafeSlow(BYTES_START);
  #length = 0;

  /** Begins anew. */
  clear(): void {
    this.#length = 0;
  }

  /** Adds a text. */
  add(text: string): void {
    const needed = this.#length + text.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += this.#bytes.write(text, this.#length, "latin1");
  }

  /** Returns the bytes, which nothing writes to any more, and begins anew. */
  take(): Uint8Array {
    const bytes = this.#bytes;
    const length = this.#length;
    this.#length = 0;
    if (2 * length < bytes.length) return Uint8Array.prototype.slice.call(bytes, 0, length);
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(BYTES_START, Math.ceil(length * SPARE)));
    return bytes.subarray(0, length);
  }
}
