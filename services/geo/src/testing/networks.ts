import { Address } from "../address/address.ts";
import type { MmdbFile } from "../mmdb/mmdb-file.ts";

/** Every network of a file's tree, with or without a record, by its first address and prefix length. */
export function* networks({
  tree,
  metadata,
}: MmdbFile): Generator<[first: Address, prefixLength: number]> {
  const stack: [node: number, depth: number, words: number[]][] = [[0, 0, [0, 0, 0, 0]]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node, depth, words] = top;
    if (node >= metadata.nodeCount) {
      const first = new Address();
      first.words.set(words);
      first.isIpv4 = depth >= 96 && words[0] === 0 && words[1] === 0 && words[2] === 0;
      yield [first, first.isIpv4 ? depth - 96 : depth];
      continue;
    }
    const right = [...words];
    right[depth >> 5] = ((right[depth >> 5] as number) | (1 << (31 - (depth & 31)))) >>> 0;
    stack.push([tree.record(node, 1), depth + 1, right], [tree.record(node, 0), depth + 1, words]);
  }
}
