import { Address } from "../address/address.ts";
import { NO_VALUE, type Segments } from "../ranges/range-table.ts";
import { SegmentList } from "../ranges/segment-list.ts";
import { CorruptMmdbError } from "./corrupt-mmdb-error.ts";
import type { SearchTree } from "./search-tree.ts";

/** A few milliseconds of work. */
const NODES_AT_ONCE_MAX = 20_000;
/** Steps for each node: two reach what a tree without shared parts has. */
const STEPS_FACTOR_MAX = 16;

/**
 * The records of all addresses of a family, ascending, as offsets in the data section; NO_VALUE where the tree has none. In
 * the IPv6 part what leads to the IPv4 part is left out: publishers repeat it at 6to4, Teredo and others. Pauses after 20,000
 * steps. Errors: CorruptMmdbError for a tree whose shared parts make it 8 times as large as it is.
 */
export function* treeSegments(
  tree: SearchTree,
  family: "ipv4" | "ipv6",
): Generator<void, Segments> {
  const isIpv4 = family === "ipv4";
  const { ipv4Root } = tree;
  const segments = new SegmentList(isIpv4);
  const start = new Address();
  start.isIpv4 = isIpv4;
  let last = NO_VALUE;
  segments.push(start, last);
  // The nodes whose right side is still to be walked, by depth; the bits of `start` say the way to them.
  const nodes = new Uint32Array(start.bitLength);
  let node = isIpv4 ? ipv4Root : tree.ipv6Root;
  let depth = 0;
  for (let count = 1; ; count++) {
    if (count % NODES_AT_ONCE_MAX === 0) yield;
    if (count > STEPS_FACTOR_MAX * (tree.nodeCount + 1)) {
      throw new CorruptMmdbError("parts of the tree are shared too often");
    }
    const isNode = node < tree.nodeCount;
    const isRepeated = isNode && !isIpv4 && depth > 0 && node === ipv4Root;
    if (isNode && !isRepeated) {
      nodes[depth++] = node;
      node = tree.record(node, 0);
      continue;
    }
    const value = isRepeated ? NO_VALUE : tree.offset(node);
    if (value !== last) segments.push(start, value);
    last = value;
    depth = nextDepth(start, depth);
    if (depth < 0) return segments.finish();
    node = tree.record(nodes[depth] as number, 1);
    depth++;
  }
}

/** Moves an address to the block after its block of `depth` bits. The depth of the node whose right side that is; -1 after the last. */
function nextDepth(start: Address, depth: number): number {
  const first = start.isIpv4 ? 96 : 0;
  for (let at = depth - 1; at >= 0; at--) {
    const bit = first + at;
    const mask = (0x80000000 >>> (bit & 31)) >>> 0;
    const word = start.words[bit >> 5] as number;
    start.words[bit >> 5] = (word ^ mask) >>> 0;
    if ((word & mask) === 0) return at;
  }
  return -1;
}
