import { Address } from "../address/address.ts";
import { NO_VALUE, type Segments } from "./range-table.ts";
import { SegmentList } from "./segment-list.ts";

/**
 * Collects ranges in order of their first address, for a `RangeTable`. Where a range starts inside the previous one, it
 * wins; if it also ends inside, the previous one continues after it.
 */
export class OrderedRanges {
  readonly #segments: SegmentList;
  readonly #first = new Address();
  readonly #last = new Address();
  readonly #next = new Address();
  #value = NO_VALUE;
  #isEmpty = true;

  constructor(isIpv4: boolean) {
    this.#segments = new SegmentList(isIpv4);
    this.#first.isIpv4 = isIpv4;
    this.#segments.push(this.#first, NO_VALUE);
  }

  /** Adds a range, both ends inclusive. Adds nothing and returns false if it is out of order or ends before it starts. */
  add(first: Address, last: Address, value: number): boolean {
    if (last.compare(first) < 0 || first.compare(this.#first) < 0) return false;
    this.#first.copyFrom(first);
    const isInside = !this.#isEmpty && first.compare(this.#last) <= 0;
    if (!isInside) this.#endPrevious();
    this.#segments.push(first, value);
    if (isInside && last.compare(this.#last) < 0) {
      this.#next.copyFrom(last);
      this.#next.increment();
      this.#segments.push(this.#next, this.#value);
      return true;
    }
    this.#last.copyFrom(last);
    this.#value = value;
    this.#isEmpty = false;
    return true;
  }

  /** The segments of all ranges. Nothing may be added afterwards. */
  finish(): Segments {
    this.#endPrevious();
    return this.#segments.finish();
  }

  #endPrevious(): void {
    if (this.#isEmpty) return;
    this.#next.copyFrom(this.#last);
    if (this.#next.increment()) this.#segments.push(this.#next, NO_VALUE);
  }
}
