import { Address } from "../address/address.ts";
import type { MmdbFile } from "../mmdb/mmdb-file.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";

/** Visits every record of a file once, with the first address of the first network that has it. */
export function eachRecord(
  { tree, metadata }: MmdbFile,
  visit: (first: Address, record: number) => void,
): void {
  const seen = new Set<number>([NO_RECORD]);
  const words = [0, 0, 0, 0];
  const descend = (node: number, depth: number) => {
    if (node < metadata.nodeCount) {
      const word = depth >> 5;
      const outer = words[word] as number;
      descend(tree.record(node, 0), depth + 1);
      words[word] = (outer | (1 << (31 - (depth & 31)))) >>> 0;
      descend(tree.record(node, 1), depth + 1);
      words[word] = outer;
      return;
    }
    const record = tree.offset(node);
    if (seen.has(record)) return;
    seen.add(record);
    const first = new Address();
    first.words.set(words);
    first.isIpv4 = depth >= 96 && words[0] === 0 && words[1] === 0 && words[2] === 0;
    visit(first, record);
  };
  descend(0, 0);
}
