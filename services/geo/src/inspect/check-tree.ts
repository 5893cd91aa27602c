import type { MmdbFile } from "../mmdb/mmdb-file.ts";
import { SEPARATOR_BYTES } from "../mmdb/search-tree.ts";
import { RefusalError } from "./refusal-error.ts";

/** The contents of a whole tree. */
export interface TreeContents {
  /** How many networks have a record; a part of the tree that is reached twice counts once. */
  readonly networks: number;
  /** The offsets of the distinct records in the data section, ascending. */
  readonly records: Uint32Array;
}

/**
 * Walks every node. Nodes may be shared, as publishers share the IPv4 part of the tree. Errors: RefusalError for a
 * pointer outside the data, and for a path that is longer than an address, which every cycle is.
 */
export function checkTree(file: MmdbFile): TreeContents {
  if (file.separator.some((byte) => byte !== 0))
    throw new RefusalError("the separator after the tree is missing");
  checkDepth(file);
  return collectRecords(file);
}

/** Follows a node again when it is reached by a longer path than before: at most 128 times. */
function checkDepth({ tree, metadata }: MmdbFile): void {
  const depthMax = metadata.ipVersion === 6 ? 128 : 32;
  const deepest = new Uint8Array(tree.nodeCount);
  const nodes: number[] = [0];
  const depths: number[] = [1];
  while (nodes.length > 0) {
    const node = nodes.pop() as number;
    const depth = depths.pop() as number;
    if (depth <= (deepest[node] as number)) continue;
    if (depth > depthMax) throw new RefusalError(`node ${node} is deeper than ${depthMax} bits`);
    deepest[node] = depth;
    for (let bit = 1; bit >= 0; bit--) {
      const record = tree.record(node, bit);
      if (record >= tree.nodeCount) continue;
      nodes.push(record);
      depths.push(depth + 1);
    }
  }
}

function collectRecords({ tree, data }: MmdbFile): TreeContents {
  const seen = new Uint8Array(data.bytes.length);
  let networks = 0;
  let count = 0;
  for (let node = 0; node < tree.nodeCount; node++) {
    for (let bit = 0; bit < 2; bit++) {
      const record = tree.record(node, bit);
      if (record <= tree.nodeCount) continue;
      const offset = record - tree.nodeCount - SEPARATOR_BYTES;
      if (offset < 0 || offset >= seen.length) {
        throw new RefusalError(`node ${node} points outside the data`);
      }
      networks++;
      if (seen[offset] === 0) count++;
      seen[offset] = 1;
    }
  }
  const records = new Uint32Array(count);
  let next = 0;
  for (let at = seen.indexOf(1); at >= 0; at = seen.indexOf(1, at + 1)) records[next++] = at;
  return { networks, records };
}
