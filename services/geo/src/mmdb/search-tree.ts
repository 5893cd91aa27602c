import type { Address } from "../address/address.ts";

/** The record of an address that the tree has none for. */
export const NO_RECORD = -1;

const HEAD_BITS = 18;

/** Zero bytes between the tree and the data section; a data pointer counts from their start. */
export const SEPARATOR_BYTES = 16;

/** Where a walk stands after each value of the first 18 bits, and how deep that is. */
interface HeadTable {
  readonly nodes: Uint32Array;
  readonly depths: Uint8Array;
}

/** What the metadata says about the tree. */
export interface TreeShape {
  readonly nodeCount: number;
  readonly recordSize: number;
  readonly ipVersion: number;
}

/**
 * The binary search tree of an MMDB file, walked bit by bit from a table over the first 18 bits. A walk is never longer
 * than the address, whatever the nodes say. Format: https://maxmind.github.io/MaxMind-DB/, section Binary Search Tree Section
 */
export class SearchTree {
  /** Length of the network that the last `find` holds for, in bits of the address's family. */
  prefixLength = 0;

  readonly #bytes: Uint8Array;
  readonly nodeCount: number;
  /** Where a walk of the IPv4 part starts: a node, or what `record` returns in place of one. */
  readonly ipv4Root: number;
  /** Where one of the IPv6 part starts; `nodeCount` where the tree has none. */
  readonly ipv6Root: number;
  readonly #recordSize: number;
  readonly #holdsIpv6: boolean;
  readonly #ipv4Heads: HeadTable;
  readonly #ipv6Heads: HeadTable;

  constructor(bytes: Uint8Array, shape: TreeShape) {
    this.#bytes = bytes;
    this.nodeCount = shape.nodeCount;
    this.#recordSize = shape.recordSize;
    this.#holdsIpv6 = shape.ipVersion === 6;
    this.ipv4Root = this.#holdsIpv6 ? this.#descend(0, 96) : 0;
    this.ipv6Root = this.#holdsIpv6 ? 0 : this.nodeCount;
    this.#ipv4Heads = this.#headTable(this.ipv4Root);
    this.#ipv6Heads = this.#headTable(this.ipv6Root);
  }

  /** The byte offset of an address's record in the data section; NO_RECORD if there is none. */
  find(address: Address): number {
    const words = address.words;
    const word = address.isIpv4 ? 3 : 0;
    const head = (words[word] as number) >>> (32 - HEAD_BITS);
    const heads = address.isIpv4 ? this.#ipv4Heads : this.#ipv6Heads;
    let node = heads.nodes[head] as number;
    if (node >= this.nodeCount) {
      this.prefixLength = heads.depths[head] as number;
      return this.offset(node);
    }
    const bits = address.isIpv4 ? 32 : 128;
    let depth = HEAD_BITS;
    let current = words[word] as number;
    while (depth < bits && node < this.nodeCount) {
      if ((depth & 31) === 0) current = words[depth >> 5] as number;
      node = this.record(node, (current >>> (31 - (depth & 31))) & 1);
      depth++;
    }
    this.prefixLength = depth;
    return this.offset(node);
  }

  /** The byte offset in the data section that an entry of a node leads to; NO_RECORD for any other entry. */
  offset(record: number): number {
    return record > this.nodeCount ? record - this.nodeCount - SEPARATOR_BYTES : NO_RECORD;
  }

  /** The entry of a node for a bit: the number of a node, `nodeCount` for nothing, or a data pointer, which is above it. */
  record(node: number, bit: number): number {
    const bytes = this.#bytes;
    if (this.#recordSize === 28) {
      const at = node * 7;
      const middle = bytes[at + 3] as number;
      return bit === 0
        ? ((middle & 0xf0) << 20) | read24(bytes, at)
        : ((middle & 0x0f) << 24) | read24(bytes, at + 4);
    }
    if (this.#recordSize === 24) return read24(bytes, node * 6 + bit * 3);
    const at = node * 8 + bit * 4;
    return (bytes[at] as number) * 0x1000000 + read24(bytes, at + 1);
  }

  #descend(from: number, zeroBits: number): number {
    let node = from;
    for (let i = 0; i < zeroBits && node < this.nodeCount; i++) node = this.record(node, 0);
    return node;
  }

  #headTable(root: number): HeadTable {
    const nodes = new Uint32Array(1 << HEAD_BITS);
    const depths = new Uint8Array(1 << HEAD_BITS);
    const visit = (node: number, depth: number, first: number) => {
      if (depth === HEAD_BITS || node >= this.nodeCount) {
        const end = first + (1 << (HEAD_BITS - depth));
        nodes.fill(node, first, end);
        depths.fill(depth, first, end);
        return;
      }
      visit(this.record(node, 0), depth + 1, first);
      visit(this.record(node, 1), depth + 1, first + (1 << (HEAD_BITS - depth - 1)));
    };
    visit(root, 0, 0);
    return { nodes, depths };
  }
}

function read24(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
  );
}
