const BYTES_START = 64 * 1024;

/** Joins texts of one character a byte into bytes, in one buffer that is used again and grows with the longest. */
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

  /** Returns a copy of the bytes. */
  take(): Uint8Array {
    const taken = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(taken, 0, 0, this.#length);
    return taken;
  }
}
