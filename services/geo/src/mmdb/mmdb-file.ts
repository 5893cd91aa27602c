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

/** An opened MMDB file: the tree maps an address to an offset in the data. */
export interface MmdbFile {
  readonly metadata: MmdbMetadata;
  readonly tree: SearchTree;
  readonly data: DataSection;
  /** The 16 bytes between tree and data, all zero in a valid file. */
  readonly separator: Buffer;
}

/**
 * Opens the content of an MMDB file. Format: https://maxmind.github.io/MaxMind-DB/. Errors: CorruptMmdbError if it is not an
 * MMDB file of version 2, or if its parts do not fit together.
 */
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
    throw new CorruptMmdbError("not an MMDB file, or cut off: the metadata cannot be read", {
      cause,
    });
  }
  const { databaseType, buildEpoch, ipVersion, nodeCount, recordSize, languages } = metadata;
  if (metadata.binaryFormatMajorVersion !== 2) {
    throw new CorruptMmdbError(`the format version is ${metadata.binaryFormatMajorVersion}, not 2`);
  }
  if (typeof databaseType !== "string")
    throw new CorruptMmdbError("the metadata has no database type");
  if (ipVersion !== 4 && ipVersion !== 6)
    throw new CorruptMmdbError(`the IP version is ${ipVersion}, not 4 or 6`);
  if (!Number.isSafeInteger(nodeCount) || nodeCount < 1) {
    throw new CorruptMmdbError(`the tree has ${nodeCount} nodes`);
  }
  if (Number.isNaN(buildEpoch.getTime()))
    throw new CorruptMmdbError("the metadata has no build time");
  return {
    databaseType,
    buildTime: buildEpoch,
    ipVersion,
    nodeCount,
    recordSize,
    languages: Array.isArray(languages) ? languages : [],
  };
}
