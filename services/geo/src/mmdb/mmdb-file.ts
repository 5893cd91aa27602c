import { Reader } from "maxmind";
import { CorruptMmdbError } from "./corrupt-mmdb-error.ts";
import { DataSection } from "./data-section.ts";
import { SEPARATOR_BYTES, SearchTree } from "./search-tree.ts";

const METADATA_MARKER = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");

/** What an MMDB file says about itself. */
export interface MmdbMetadata {
  readonly databaseType: string;
  readonly buildTime: Date;
  readonly ipVersion: number;
  readonly nodeCount: number;
  readonly recordSize: number;
  readonly languages: readonly string[];
}

/** An opened MMDB file: the tree maps an address to an offset into the data. */
export interface MmdbFile {
  readonly metadata: MmdbMetadata;
  readonly tree: SearchTree;
  readonly data: DataSection;
  /** 16 bytes between tree and data, all zero in a sound file. */
  readonly separator: Buffer;
}

/** Opens the content of an MMDB file. Throws `CorruptMmdbError` if it is none or its parts do not fit together. */
export function openMmdb(content: Buffer): MmdbFile {
  const metadata = readMetadata(content);
  const treeBytes = (metadata.nodeCount * metadata.recordSize) / 4;
  const dataStart = treeBytes + SEPARATOR_BYTES;
  const dataEnd = content.lastIndexOf(METADATA_MARKER);
  if (dataStart > dataEnd) {
    throw new CorruptMmdbError(`a tree of ${metadata.nodeCount} nodes does not fit into the file`);
  }
  return {
    metadata,
    tree: new SearchTree(content.subarray(0, treeBytes), metadata),
    data: new DataSection(content.subarray(dataStart, dataEnd)),
    separator: content.subarray(treeBytes, dataStart),
  };
}

function readMetadata(content: Buffer): MmdbMetadata {
  let metadata: Reader<never>["metadata"];
  try {
    metadata = new Reader<never>(content).metadata;
  } catch (cause) {
    throw new CorruptMmdbError("no readable metadata: not an MMDB file, or cut off", { cause });
  }
  const { databaseType, buildEpoch, ipVersion, nodeCount, recordSize, languages } = metadata;
  if (metadata.binaryFormatMajorVersion !== 2) {
    throw new CorruptMmdbError(`format version ${metadata.binaryFormatMajorVersion}, not 2`);
  }
  if (typeof databaseType !== "string")
    throw new CorruptMmdbError("no database type in the metadata");
  if (ipVersion !== 4 && ipVersion !== 6) throw new CorruptMmdbError(`IP version ${ipVersion}`);
  if (!Number.isSafeInteger(nodeCount) || nodeCount < 1) {
    throw new CorruptMmdbError(`${nodeCount} nodes`);
  }
  if (Number.isNaN(buildEpoch.getTime()))
    throw new CorruptMmdbError("no build time in the metadata");
  return {
    databaseType,
    buildTime: buildEpoch,
    ipVersion,
    nodeCount,
    recordSize,
    languages: Array.isArray(languages) ? languages : [],
  };
}
