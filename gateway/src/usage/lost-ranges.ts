/** Most ranges that are kept apart. */
const RANGES_MAX = 1_000;

/** Sequences that follow each other, the first and the last included. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The records of an epoch that are known to be lost. Beyond 1,000 ranges the two lowest are taken for one: what lies between
 * them was read long ago, and would not be told if it were lost later.
 */
export class LostRanges {
  /** In their order; between two of them is at least one other record. */
  #ranges: readonly SequenceRange[] = [];

  /** Adds a range, and answers the parts of it that are new. */
  add(range: SequenceRange): SequenceRange[] {
    const touching = this.#ranges.filter((each) => touches(each, range));
    const first = Math.min(range.first, touching[0]?.first ?? range.first);
    const last = Math.max(range.last, touching.at(-1)?.last ?? range.last);
    const others = this.#ranges.filter((each) => !touches(each, range));
    const ranges = [...others, { first, last }].sort((a, b) => a.first - b.first);
    const [lowest, next, ...higher] = ranges as [SequenceRange, SequenceRange];
    this.#ranges =
      ranges.length > RANGES_MAX ? [{ first: lowest.first, last: next.last }, ...higher] : ranges;
    return without(range, touching);
  }
}

const touches = (a: SequenceRange, b: SequenceRange) =>
  a.last >= b.first - 1 && a.first <= b.last + 1;

/** The parts of a range that are in none of the others, which are in their order. */
function without(range: SequenceRange, others: readonly SequenceRange[]): SequenceRange[] {
  const parts: SequenceRange[] = [];
  let next = range.first;
  for (const { first, last } of others) {
    if (first > next) parts.push({ first: next, last: Math.min(first - 1, range.last) });
    next = Math.max(next, last + 1);
  }
  if (next <= range.last) parts.push({ first: next, last: range.last });
  return parts;
}
