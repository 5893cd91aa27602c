import { type Connection, Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import type { Layer, SystemLayer } from "../layers/layer.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { PairNumbers } from "./pair-numbers.ts";
import { PartCache } from "./part-cache.ts";
import type { PartOrdinals } from "./part-ordinals.ts";

const CONNECTION_BYTES_MAX = 32 * 1024 * 1024;
const PAIRS_MAX = 1_000_000;

/** What connections come from. */
export interface ConnectionSources {
  /** In order of precedence. The first one that knows a field wins. */
  readonly layers: readonly Layer[];
  /** What autonomous systems are looked up in: some of the layers, or what several of them say together. */
  readonly systems: readonly SystemLayer[];
}

/** A layer with what is read of its records. */
interface Source {
  readonly layer: SystemLayer;
  readonly readers: readonly ((record: number) => Partial<Connection>)[];
}

/** The encoded `connection` of the records that an address has in the layers. The first layer that knows a field wins. */
export class ConnectionParts {
  /** Length of the network that the last `find` or `facts` holds for, in bits of the address's family. */
  prefixLength = 0;
  readonly cache: PartCache;
  readonly #ordinals: PartOrdinals;
  readonly #families: { readonly ipv4: readonly Source[]; readonly ipv6: readonly Source[] };
  #sources: readonly Source[] = [];
  readonly #records: number[] = [];
  #pairs = new PairNumbers();
  readonly #systemBits: (asn: number | undefined) => number;

  /** `systemBits` returns the security flags of an autonomous system; they become the tag of its parts. */
  constructor(
    connections: ConnectionSources,
    systemBits: (asn: number | undefined) => number,
    ordinals: PartOrdinals,
  ) {
    this.#ordinals = ordinals;
    this.cache = new PartCache(CONNECTION_BYTES_MAX, ordinals);
    const sources = sourcesOf(connections);
    this.#families = {
      ipv4: sources.filter(({ layer }) => layer.families.ipv4),
      ipv6: sources.filter(({ layer }) => layer.families.ipv6),
    };
    this.#systemBits = systemBits;
  }

  /** The slot of an address in the cache; -1 if no layer has a record for the address. */
  find(address: Address): number {
    const key = this.#locate(address);
    if (key === NO_RECORD) return -1;
    const variant = address.isIpv4 ? 4 : 6;
    const slot = this.cache.find(key, variant);
    return slot >= 0 ? slot : this.#add(key, variant);
  }

  /** The same as an object, read anew. */
  facts(address: Address): Partial<Connection> {
    this.#locate(address);
    return this.#merged();
  }

  /** One number for the records of all layers. */
  #locate(address: Address): number {
    this.prefixLength = 0;
    if (this.#pairs.count > PAIRS_MAX) this.#forget();
    this.#sources = address.isIpv4 ? this.#families.ipv4 : this.#families.ipv6;
    let key = NO_RECORD;
    for (let i = 0; i < this.#sources.length; i++) {
      const { layer } = this.#sources[i] as Source;
      const record = layer.find(address);
      this.#records[i] = record;
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      key = this.#sources.length === 1 ? record : this.#pairs.number(key, record);
    }
    return key;
  }

  #forget(): void {
    this.#pairs = new PairNumbers();
    this.#ordinals.restart();
  }

  #merged(): Partial<Connection> {
    const merged: Partial<Connection> = {};
    this.#sources.forEach(({ readers }, i) => {
      const record = this.#records[i] as number;
      if (record === NO_RECORD) return;
      for (const read of readers) addUnknown(merged, read(record));
    });
    return merged;
  }

  #add(key: number, variant: number): number {
    const connection = this.#merged();
    const part = Location.encode(Location.fromPartial({ connection })).finish();
    return this.cache.add(key, variant, part, this.#systemBits(connection.autonomousSystemNumber));
  }
}

function sourcesOf({ layers, systems }: ConnectionSources): Source[] {
  const sources = layers.map((layer) => {
    const system = systems.includes(layer) ? layer.systems?.read : undefined;
    const readers = [layer.connection, system].filter((reader) => reader !== undefined);
    return { layer, readers };
  });
  const merged = systems.filter((system) => !layers.some((layer) => layer === system));
  const mergedSources = merged.map((layer) => ({
    layer,
    readers: layer.systems ? [layer.systems.read] : [],
  }));
  return [...sources, ...mergedSources].filter(({ readers }) => readers.length > 0);
}

function addUnknown(merged: Partial<Connection>, facts: Partial<Connection>): void {
  for (const field of Object.keys(facts) as (keyof Connection)[]) {
    if (merged[field] === undefined) Object.assign(merged, { [field]: facts[field] });
  }
}
