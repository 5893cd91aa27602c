import type { Address } from "../address/address.ts";
import type { Block } from "../address/cidr.ts";
import { addressNumber } from "./address-number.ts";
import { type Segment, segmentsOfBlocks } from "./segments.ts";

/** The value of an address that no range covers. */
export const NO_VALUE = -1;

/** The first addresses of segments, ascending from address 0, and their values. An IPv6 address takes four words. */
export interface Segments {
  readonly starts: Uint32Array;
  readonly values: Int32Array;
}

/** The segments of both address families, in a form that passes between threads. */
export interface FamilySegments {
  readonly ipv4: Segments;
  readonly ipv6: Segments;
}

/**
 * Maps every address to an integer from 0 to 2^31 - 1 or to NO_VALUE, by binary search over the first addresses of
 * segments. The segments are disjoint and cover the whole address space.
 */
export class RangeTable {
  readonly #ipv4Starts: Uint32Array;
  readonly #ipv4Heads: Uint32Array;
  readonly #ipv4Values: Int32Array;
  readonly #ipv6Starts: Uint32Array;
  readonly #ipv6Values: Int32Array;

  constructor(ipv4: Segments, ipv6: Segments) {
    this.#ipv4Starts = ipv4.starts;
    this.#ipv4Heads = headsOf(ipv4.starts);
    this.#ipv4Values = ipv4.values;
    this.#ipv6Starts = ipv6.starts;
    this.#ipv6Values = ipv6.values;
  }

  /**
   * Makes a table of CIDR blocks. Where blocks nest, `combine` makes the value of the inner one. By default that is its
   * own: the longest prefix wins, and of equal blocks the last one.
   */
  static fromBlocks(
    entries: Iterable<{ block: Block; value: number }>,
    combine?: (outer: number, inner: number) => number,
  ): RangeTable {
    const { ipv4, ipv6 } = RangeTable.segmentsOf(entries, combine);
    return new RangeTable(ipv4, ipv6);
  }

  /** The segments that `fromBlocks` makes a table of. */
  static segmentsOf(
    entries: Iterable<{ block: Block; value: number }>,
    combine: (outer: number, inner: number) => number = (_, inner) => inner,
  ): FamilySegments {
    const families: [Range[], Range[]] = [[], []];
    for (const { block, value } of entries) {
      const range = { first: addressNumber(block.first), last: addressNumber(block.last), value };
      families[block.first.isIpv4 ? 0 : 1].push(range);
    }
    const ipv4 = segmentsOfBlocks(families[0], 32, combine);
    const ipv6 = segmentsOfBlocks(families[1], 128, combine);
    return { ipv4: packIpv4(ipv4), ipv6: packIpv6(ipv6) };
  }

  /** The segment of an address, for `value` and `prefixLength`. */
  find(address: Address): number {
    return address.isIpv4
      ? findIpv4(this.#ipv4Starts, this.#ipv4Heads, address.words[3] as number)
      : findIpv6(this.#ipv6Starts, address.words);
  }

  /** The value of an address in its segment. */
  value(segment: number, address: Address): number {
    return (address.isIpv4 ? this.#ipv4Values : this.#ipv6Values)[segment] as number;
  }

  /** Length of the shortest prefix whose block contains the address and lies inside its segment. */
  prefixLength(segment: number, address: Address): number {
    return address.isIpv4
      ? ipv4PrefixLength(this.#ipv4Starts, segment, address.words[3] as number)
      : ipv6PrefixLength(this.#ipv6Starts, segment, address.words);
  }
}

interface Range {
  first: bigint;
  last: bigint;
  value: number;
}

function packIpv4(segments: readonly Segment[]): Segments {
  return {
    starts: Uint32Array.from(segments, (segment) => Number(segment.start)),
    values: Int32Array.from(segments, (segment) => segment.value),
  };
}

function packIpv6(segments: readonly Segment[]): Segments {
  const starts = new Uint32Array(segments.length * 4);
  segments.forEach(({ start }, i) => {
    for (let word = 0; word < 4; word++) {
      starts[i * 4 + word] = Number((start >> BigInt(96 - 32 * word)) & 0xffffffffn);
    }
  });
  return { starts, values: Int32Array.from(segments, (segment) => segment.value) };
}

/** The segment of the first address of each 2^16 addresses, and at the end the last segment. */
function headsOf(starts: Uint32Array): Uint32Array {
  const heads = new Uint32Array((1 << 16) + 1).fill(starts.length - 1);
  let segment = 0;
  for (let head = 0; head < 1 << 16; head++) {
    const first = head * 0x10000;
    while (segment + 1 < starts.length && (starts[segment + 1] as number) <= first) segment++;
    heads[head] = segment;
  }
  return heads;
}

function findIpv4(starts: Uint32Array, heads: Uint32Array, value: number): number {
  const head = value >>> 16;
  let low = heads[head] as number;
  let high = heads[head + 1] as number;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function findIpv6(starts: Uint32Array, words: Uint32Array): number {
  let low = 0;
  let high = starts.length / 4 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isAtOrBefore(starts, middle * 4, words)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function isAtOrBefore(starts: Uint32Array, at: number, words: Uint32Array): boolean {
  for (let i = 0; i < 4; i++) {
    const start = starts[at + i] as number;
    const word = words[i] as number;
    if (start !== word) return start < word;
  }
  return true;
}

/** A block excludes a neighbour if its prefix is longer than what the two addresses share. */
function ipv4PrefixLength(starts: Uint32Array, segment: number, value: number): number {
  const start = starts[segment] as number;
  const before = start === 0 ? 0 : Math.clz32(value ^ (start - 1)) + 1;
  const next = starts[segment + 1];
  const after = next === undefined ? 0 : Math.clz32(value ^ next) + 1;
  return Math.max(before, after);
}

function ipv6PrefixLength(starts: Uint32Array, segment: number, words: Uint32Array): number {
  const before = segment === 0 ? 0 : sharedBitsBefore(starts, segment * 4, words) + 1;
  const hasNext = segment * 4 + 4 < starts.length;
  const after = hasNext ? sharedBits(starts, segment * 4 + 4, words) + 1 : 0;
  return Math.max(before, after);
}

function sharedBits(starts: Uint32Array, at: number, words: Uint32Array): number {
  for (let i = 0; i < 4; i++) {
    const difference = (starts[at + i] as number) ^ (words[i] as number);
    if (difference !== 0) return 32 * i + Math.clz32(difference);
  }
  return 128;
}

/** How many bits the address shares with the one just before the start at `at`. */
function sharedBitsBefore(starts: Uint32Array, at: number, words: Uint32Array): number {
  let borrowFrom = 3;
  while (starts[at + borrowFrom] === 0) borrowFrom--;
  for (let i = 0; i < 4; i++) {
    const start = starts[at + i] as number;
    const before = i < borrowFrom ? start : i === borrowFrom ? start - 1 : 0xffffffff;
    const difference = before ^ (words[i] as number);
    if (difference !== 0) return 32 * i + Math.clz32(difference);
  }
  return 128;
}
