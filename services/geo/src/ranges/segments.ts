/** From `start` to the start of the next segment every address has `value`; -1 stands for none. */
export interface Segment {
  start: bigint;
  value: number;
}

/** Flattens blocks, which may nest but not overlap otherwise, into segments that cover all addresses of `bits` bits. */
export function segmentsOfBlocks(
  blocks: readonly { first: bigint; last: bigint; value: number }[],
  bits: 32 | 128,
  combine: (outer: number, inner: number) => number,
): Segment[] {
  const segments: Segment[] = [{ start: 0n, value: -1 }];
  const open: { last: bigint; value: number }[] = [];
  const close = () => {
    const { last } = open.pop() as { last: bigint };
    append(segments, last + 1n, open.at(-1)?.value ?? -1);
  };
  for (const block of blocks.toSorted(outerFirst)) {
    while (open.length > 0 && (open.at(-1) as { last: bigint }).last < block.first) close();
    const outer = open.at(-1);
    const value = outer === undefined ? block.value : combine(outer.value, block.value);
    append(segments, block.first, value);
    open.push({ last: block.last, value });
  }
  while (open.length > 0) close();
  return segments.filter(({ start }) => start < 1n << BigInt(bits));
}

interface Span {
  first: bigint;
  last: bigint;
}

function outerFirst(a: Span, b: Span): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.last === b.last ? 0 : a.last > b.last ? -1 : 1;
}

function append(segments: Segment[], start: bigint, value: number): void {
  if (segments.at(-1)?.start === start) segments.pop();
  if (segments.at(-1)?.value !== value) segments.push({ start, value });
}
