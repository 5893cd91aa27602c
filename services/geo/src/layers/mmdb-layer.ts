import type { Address } from "../address/address.ts";
import type { MmdbFile } from "../mmdb/mmdb-file.ts";
import type { SearchTree } from "../mmdb/search-tree.ts";
import { treeSegments } from "../mmdb/tree-segments.ts";
import type { DatasetFacts, Layer, System } from "./layer.ts";

/** What reads the records of a file. */
type Readers = Pick<Layer, "place" | "recorded" | "names" | "connection" | "security"> & {
  readonly system?: ((record: number) => System) | undefined;
};

/** An MMDB file; a record is an offset in the data section. */
export class MmdbLayer implements Layer {
  readonly facts: DatasetFacts;
  readonly families: Layer["families"];
  readonly place: Layer["place"];
  readonly recorded: Layer["place"];
  readonly names: Layer["names"];
  readonly systems: Layer["systems"];
  readonly connection: Layer["connection"];
  readonly security: Layer["security"];
  readonly #tree: SearchTree;

  constructor(file: MmdbFile, facts: DatasetFacts, readers: Readers) {
    this.facts = facts;
    this.families = { ipv4: true, ipv6: file.metadata.ipVersion === 6 };
    this.place = readers.place;
    this.recorded = readers.recorded;
    this.names = readers.names;
    this.connection = readers.connection;
    this.security = readers.security;
    this.#tree = file.tree;
    const { system } = readers;
    this.systems = system && {
      read: system,
      segments: (family) => treeSegments(file.tree, family),
    };
  }

  get prefixLength(): number {
    return this.#tree.prefixLength;
  }

  find(address: Address): number {
    return this.#tree.find(address);
  }
}
