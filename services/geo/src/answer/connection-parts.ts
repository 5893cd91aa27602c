import { type Connection, Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import type { Layer, SystemLayer } from "../layers/layer.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { CONNECTION_BITS, connectionFlags } from "../security/flags.ts";
import type { SecurityIndex } from "../security/security-index.ts";
import { PairNumbers } from "./pair-numbers.ts";
import { PartCache } from "./part-cache.ts";
import type { PartOrdinals } from "./part-ordinals.ts";

const CONNECTION_BYTES_MAX = 32 * 1024 * 1024;
const PAIRS_MAX = 1_000_000;

/** What a variant consists of beside the flags of the address, whose bits are higher. */
const IPV4_VARIANT = 1;
const WITHOUT_RECORD_VARIANT = 2;

/** What connections come from. */
export interface ConnectionSources {
  /** In order of precedence. The first one that knows a field wins. */
  readonly layers: readonly Layer[];
  /** What autonomous systems are looked up in: some of the layers, or what several of them say together. */
  readonly systems: readonly SystemLayer[];
}

/** A layer with what is read of its records. */
export interface ConnectionSource {
  readonly layer: SystemLayer;
  readonly readers: readonly ((record: number) => Partial<Connection>)[];
}

/** What `ConnectionParts` works with. */
export interface ConnectionPartsDeps {
  readonly sources: ConnectionSources;
  /** Which flags a source can tell, and which ones are true for an autonomous system, as bits. */
  readonly flags: Pick<SecurityIndex, "isKnown" | "systemBits">;
  readonly ordinals: PartOrdinals;
}

/**
 * The encoded `connection` of the records that an address has in the layers, and of the flags that lists give it. The first layer
 * that knows a field wins.
 */
export class ConnectionParts {
  /** Length of the network that the last `find` or `facts` holds for, in bits of the address's family. */
  prefixLength = 0;
  readonly cache: PartCache;
  readonly #ordinals: PartOrdinals;
  readonly #families: {
    readonly ipv4: readonly ConnectionSource[];
    readonly ipv6: readonly ConnectionSource[];
  };
  #sources: readonly ConnectionSource[] = [];
  readonly #records: number[] = [];
  #pairs = new PairNumbers();
  readonly #flags: ConnectionPartsDeps["flags"];

  constructor({ sources: connections, flags, ordinals }: ConnectionPartsDeps) {
    this.#ordinals = ordinals;
    this.cache = new PartCache(CONNECTION_BYTES_MAX, ordinals);
    const sources = connectionSources(connections);
    this.#families = {
      ipv4: sources.filter(({ layer }) => layer.families.ipv4),
      ipv6: sources.filter(({ layer }) => layer.families.ipv6),
    };
    this.#flags = flags;
  }

  /**
   * The slot of an address in the cache, whose tag is the flags of its autonomous system as bits; -1 if nothing is known. `addressBits`
   * are the flags that are true for the address itself.
   */
  find(address: Address, addressBits: number): number {
    const key = this.#locate(address);
    const bits = addressBits & CONNECTION_BITS;
    const variant = address.isIpv4 ? bits | IPV4_VARIANT : bits;
    if (key === NO_RECORD) return this.#findWithoutRecord(bits, variant | WITHOUT_RECORD_VARIANT);
    const slot = this.cache.find(key, variant);
    return slot >= 0 ? slot : this.#add(key, variant);
  }

  /** What the records of an address say, as an object, read anew. */
  facts(address: Address): Partial<Connection> {
    this.#locate(address);
    return this.#merged();
  }

  #findWithoutRecord(bits: number, variant: number): number {
    if (bits === 0 && (this.#knownBits(variant) & CONNECTION_BITS) === 0) return -1;
    const slot = this.cache.find(0, variant);
    return slot >= 0 ? slot : this.#add(0, variant);
  }

  /** The flags that a source can tell in the address family of a variant. */
  #knownBits(variant: number): number {
    const { ipv4, ipv6 } = this.#flags.isKnown;
    return (variant & IPV4_VARIANT) === 0 ? ipv6 : ipv4;
  }

  /** One number for the records of all layers. */
  #locate(address: Address): number {
    this.prefixLength = 0;
    if (this.#pairs.count > PAIRS_MAX) this.#forget();
    this.#sources = address.isIpv4 ? this.#families.ipv4 : this.#families.ipv6;
    let key = NO_RECORD;
    for (let i = 0; i < this.#sources.length; i++) {
      const { layer } = this.#sources[i] as ConnectionSource;
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
    const record = this.#merged();
    const systemBits = this.#flags.systemBits(record.autonomousSystemNumber);
    const isTrue = systemBits | (variant & CONNECTION_BITS);
    const flags = connectionFlags(record, { isTrue, isKnown: this.#knownBits(variant) });
    const connection = { ...record, ...flags };
    const part = Location.encode(Location.fromPartial({ connection })).finish();
    return this.cache.add(key, variant, part, systemBits);
  }
}

/** What connections are read of, in order of precedence. */
export function connectionSources({ layers, systems }: ConnectionSources): ConnectionSource[] {
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

/** Adds what the facts know and those that are merged so far do not. */
export function addUnknown(merged: Partial<Connection>, facts: Partial<Connection>): void {
  for (const field of Object.keys(facts) as (keyof Connection)[]) {
    if (merged[field] === undefined) Object.assign(merged, { [field]: facts[field] });
  }
}
