import type { Address } from "../address/address.ts";
import { parseCidr } from "../address/cidr.ts";
import { DataWriter, type MmdbValue, mmdb } from "./mmdb-values.ts";

/** How a file is made. By default it is an IPv6 tree with 28-bit records, built on 2026-01-01. */
export interface MmdbOptions {
  readonly databaseType?: string;
  readonly ipVersion?: 4 | 6;
  readonly recordSize?: 24 | 28 | 32;
  readonly buildTime?: Date;
  /** Replaces or adds entries of the metadata. */
  readonly metadata?: Readonly<Record<string, MmdbValue>>;
  /** IPv6 blocks that lead to the IPv4 part of the tree, as in the files of MaxMind. */
  readonly aliases?: readonly string[];
}

interface Leaf {
  readonly offset: number;
}
type Node = [left: Child, right: Child];
type Child = Node | Leaf | undefined;

const SEPARATOR = Buffer.alloc(16);
const MARKER = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");

/** Makes an MMDB file with a record for each CIDR block. Of nested blocks the inner one wins. */
export function writeMmdb(
  records: Readonly<Record<string, MmdbValue>>,
  options: MmdbOptions = {},
): Buffer {
  const { ipVersion = 6, recordSize = 28 } = options;
  const data = new DataWriter();
  const root: Node = [undefined, undefined];
  const blocks = Object.entries(records).map(([text, record]) => {
    return { path: pathOf(text, ipVersion), leaf: { offset: data.add(record) } };
  });
  for (const { path, leaf } of blocks.sort((a, b) => a.path.length - b.path.length)) {
    insert(root, path, leaf);
  }
  for (const alias of options.aliases ?? []) {
    insert(root, pathOf(alias, 6), nodeAt(root, Array(96).fill(0)));
  }
  const nodes = number(root);
  const tree = Buffer.concat([...nodes.keys()].map((node) => encodeNode(node, nodes, recordSize)));
  const metadata = new DataWriter().encodeInline({
    binary_format_major_version: mmdb.uint16(2),
    binary_format_minor_version: mmdb.uint16(0),
    build_epoch: mmdb.uint64(
      BigInt((options.buildTime ?? new Date("2026-01-01")).getTime() / 1000),
    ),
    database_type: options.databaseType ?? "Test-City",
    description: { en: "test" },
    ip_version: mmdb.uint16(ipVersion),
    languages: ["en"],
    node_count: nodes.size,
    record_size: mmdb.uint16(recordSize),
    ...options.metadata,
  });
  return Buffer.concat([tree, SEPARATOR, data.finish(), MARKER, metadata]);
}

/** The bits of a block's prefix in the tree. In an IPv6 tree IPv4 is the block ::/96. */
function pathOf(cidr: string, ipVersion: number): number[] {
  const block = parseCidr(cidr);
  if (block === undefined) throw new Error(`${cidr} is not a CIDR block`);
  const { first, prefixLength } = block;
  const bits = bitsOf(first).slice(first.isIpv4 ? 96 : 0, (first.isIpv4 ? 96 : 0) + prefixLength);
  return first.isIpv4 && ipVersion === 6 ? [...Array<number>(96).fill(0), ...bits] : bits;
}

function bitsOf(address: Address): number[] {
  return Array.from(
    { length: 128 },
    (_, i) => ((address.words[i >> 5] as number) >>> (31 - (i & 31))) & 1,
  );
}

/** Puts a leaf or node at the end of a path; a leaf on the way is pushed down to both sides. */
function insert(root: Node, path: readonly number[], child: Child): void {
  let node = root;
  for (const [i, bit] of path.entries()) {
    const isLast = i === path.length - 1;
    const next = node[bit as 0 | 1];
    if (isLast) node[bit as 0 | 1] = child;
    else if (Array.isArray(next)) node = next;
    else {
      const split: Node = [next, next];
      node[bit as 0 | 1] = split;
      node = split;
    }
  }
}

function nodeAt(root: Node, path: readonly number[]): Child {
  let child: Child = root;
  for (const bit of path) child = Array.isArray(child) ? child[bit as 0 | 1] : child;
  return child;
}

function number(root: Node): Map<Node, number> {
  const nodes = new Map<Node, number>();
  const visit = (child: Child) => {
    if (!Array.isArray(child) || nodes.has(child)) return;
    nodes.set(child, nodes.size);
    child.forEach(visit);
  };
  visit(root);
  return nodes;
}

function encodeNode(node: Node, nodes: Map<Node, number>, recordSize: number): Buffer {
  const [left, right] = node.map((child: Child) => {
    if (child === undefined) return nodes.size;
    return Array.isArray(child) ? (nodes.get(child) as number) : nodes.size + 16 + child.offset;
  }) as [number, number];
  const bytes = Buffer.alloc(recordSize / 4);
  if (recordSize === 28) {
    bytes.writeUIntBE(left & 0xffffff, 0, 3);
    bytes[3] = ((left >>> 24) << 4) | (right >>> 24);
    bytes.writeUIntBE(right & 0xffffff, 4, 3);
  } else {
    bytes.writeUIntBE(left, 0, recordSize / 8);
    bytes.writeUIntBE(right, recordSize / 8, recordSize / 8);
  }
  return bytes;
}
