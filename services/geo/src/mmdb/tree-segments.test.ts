import fc from "fast-check";
import { expect, test } from "vitest";
import { Address } from "../address/address.ts";
import { addressFromText } from "../address/parse.ts";
import { RangeTable, type Segments } from "../ranges/range-table.ts";
import { type MmdbOptions, writeMmdb } from "../testing/mmdb-writer.ts";
import { openMmdb } from "./mmdb-file.ts";
import { SearchTree } from "./search-tree.ts";
import { treeSegments } from "./tree-segments.ts";

const EDGES_COUNT = 200;

function segmentsOf(tree: SearchTree, family: "ipv4" | "ipv6"): Segments {
  const pieces = treeSegments(tree, family);
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value;
  }
}

/** IPv6 blocks are inside of 2000::/3, as the IPv4 part is not walked with them. */
const block = fc
  .tuple(fc.boolean(), fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 1, max: 32 }))
  .map(([isIpv4, number, length]) => {
    const bits = isIpv4 ? length : Math.max(3, length);
    const address = new Address();
    address.setIpv4(number);
    if (!isIpv4) {
      address.isIpv4 = false;
      address.words.set([(0x20000000 | (number >>> 3)) >>> 0, 0, 0, 0]);
    }
    address.mask(bits);
    const [a = 0, , , d = 0] = address.words;
    const hex = a.toString(16).padStart(8, "0");
    const text = isIpv4
      ? `${d >>> 24}.${(d >>> 16) & 255}.${(d >>> 8) & 255}.${d & 255}`
      : `${hex.slice(0, 4)}:${hex.slice(4)}::`;
    return `${text}/${bits}`;
  });
const options = fc.record({
  ipVersion: fc.constantFrom<4 | 6>(4, 6),
  recordSize: fc.constantFrom<24 | 28 | 32>(24, 28, 32),
});

test("the segments of a tree say of every address what a walk of the tree finds", () => {
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 12 }),
      options,
      (blocks, { ipVersion, recordSize }) => {
        const fitting = ipVersion === 6 ? blocks : blocks.filter((text) => !text.includes(":"));
        const records = Object.fromEntries(fitting.map((text, i) => [text, { n: i % 3 }]));
        const { tree } = openMmdb(writeMmdb(records, { ipVersion, recordSize }));
        const table = new RangeTable(segmentsOf(tree, "ipv4"), segmentsOf(tree, "ipv6"));
        for (const address of edges(fitting)) {
          expect(table.value(table.find(address), address)).toBe(tree.find(address));
        }
      },
    ),
  );
});

/** The first and last addresses of blocks and their neighbours. */
function edges(blocks: readonly string[]): Address[] {
  return blocks.slice(0, EDGES_COUNT).flatMap((text) => {
    const [first = "", bits = ""] = text.split("/");
    const start = addressFromText(first) as Address;
    const end = new Address();
    end.copyFrom(start);
    end.fill(Number(bits));
    const after = new Address();
    after.copyFrom(end);
    after.increment();
    return [start, end, after];
  });
}

test.each<MmdbOptions>([{ aliases: [] }, { aliases: ["2002::/16", "2001::/32"] }])(
  "with %j the IPv4 part is left out of the IPv6 one",
  (options) => {
    const { tree } = openMmdb(writeMmdb({ "1.0.0.0/8": { n: 1 }, "2a00::/16": { n: 2 } }, options));
    const { starts, values } = segmentsOf(tree, "ipv6");
    expect(values.length).toBe(3);
    expect([...starts.slice(4)]).toEqual([0x2a000000, 0, 0, 0, 0x2a010000, 0, 0, 0]);
    expect(segmentsOf(tree, "ipv4").values.length).toBe(3);
  },
);

test("a tree whose parts are shared again and again is refused, and not walked for years", () => {
  // Both sides of each node lead to the next one: 2^128 ways through 128 nodes.
  const nodeCount = 128;
  const bytes = Buffer.alloc(nodeCount * 6);
  for (let node = 0; node < nodeCount; node++) {
    bytes.writeUIntBE(node + 1, node * 6, 3);
    bytes.writeUIntBE(node + 1, node * 6 + 3, 3);
  }
  const tree = new SearchTree(bytes, { nodeCount, recordSize: 24, ipVersion: 6 });
  expect(() => segmentsOf(tree, "ipv6")).toThrow("parts of the tree are shared too often");
});
