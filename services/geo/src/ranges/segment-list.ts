import type { Address } from "../address/address.ts";
import type { Segments } from "./range-table.ts";

const INITIAL_CAPACITY = 1024;

/** Segments in growing typed arrays: one word for an IPv4 start, four for an IPv6 one. */
export class SegmentList {
  readonly #stride: 1 | 4;
  #starts: Uint32Array;
  #values: Int32Array;
  #count = 0;

  constructor(isIpv4: boolean) {
    this.#stride = isIpv4 ? 1 : 4;
    this.#starts = new Uint32Array(INITIAL_CAPACITY * this.#stride);
    this.#values = new Int32Array(INITIAL_CAPACITY);
  }

  /** Starts a segment; segments that start at or after it are removed. */
  push(start: Address, value: number): void {
    while (this.#count > 0 && !this.#isLastBefore(start)) this.#count--;
    if (this.#count === this.#values.length) this.#grow();
    const skipped = 4 - this.#stride;
    for (let i = skipped; i < 4; i++) {
      this.#starts[this.#count * this.#stride + i - skipped] = start.words[i] as number;
    }
    this.#values[this.#count++] = value;
  }

  /** The segments, without spare capacity. */
  finish(): Segments {
    return {
      starts: this.#starts.slice(0, this.#count * this.#stride),
      values: this.#values.slice(0, this.#count),
    };
  }

  #isLastBefore(address: Address): boolean {
    const skipped = 4 - this.#stride;
    const at = (this.#count - 1) * this.#stride - skipped;
    for (let i = skipped; i < 4; i++) {
      const start = this.#starts[at + i] as number;
      const word = address.words[i] as number;
      if (start !== word) return start < word;
    }
    return false;
  }

  #grow(): void {
    const { starts, values } = { starts: this.#starts, values: this.#values };
    this.#starts = new Uint32Array(starts.length * 2);
    this.#starts.set(starts);
    this.#values = new Int32Array(values.length * 2);
    this.#values.set(values);
  }
}
