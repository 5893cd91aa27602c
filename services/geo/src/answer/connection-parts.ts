import { type Connection, Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import type { Layer } from "../layers/layer.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { PairNumbers } from "./pair-numbers.ts";
import { PartCache } from "./part-cache.ts";
import type { PartOrdinals } from "./part-ordinals.ts";

const CONNECTION_BYTES_MAX = 32 * 1024 * 1024;
const PAIRS_MAX = 1_000_000;

/** The encoded `connection` of the records that an address has in the layers. The first layer that knows a field wins. */
export class ConnectionParts {
  /** Length of the network that the last `find` or `facts` holds for, in bits of the address's family. */
  prefixLength = 0;
  readonly cache: PartCache;
  readonly #ordinals: PartOrdinals;
  readonly #families: { readonly ipv4: readonly Layer[]; readonly ipv6: readonly Layer[] };
  #layers: readonly Layer[] = [];
  readonly #records: number[] = [];
  #pairs = new PairNumbers();
  readonly #systemBits: (asn: number | undefined) => number;

  /** `systemBits` returns the security flags of an autonomous system; they become the tag of its parts. */
  constructor(
    layers: readonly Layer[],
    systemBits: (asn: number | undefined) => number,
    ordinals: PartOrdinals,
  ) {
    this.#ordinals = ordinals;
    this.cache = new PartCache(CONNECTION_BYTES_MAX, ordinals);
    this.#families = {
      ipv4: layers.filter(({ families }) => families.ipv4),
      ipv6: layers.filter(({ families }) => families.ipv6),
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
    this.#layers = address.isIpv4 ? this.#families.ipv4 : this.#families.ipv6;
    let key = NO_RECORD;
    for (let i = 0; i < this.#layers.length; i++) {
      const layer = this.#layers[i] as Layer;
      const record = layer.find(address);
      this.#records[i] = record;
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      key = this.#layers.length === 1 ? record : this.#pairs.number(key, record);
    }
    return key;
  }

  #forget(): void {
    this.#pairs = new PairNumbers();
    this.#ordinals.restart();
  }

  #merged(): Partial<Connection> {
    const merged: Partial<Connection> = {};
    this.#layers.forEach((layer, i) => {
      const record = this.#records[i] as number;
      const facts = record === NO_RECORD ? {} : (layer.connection?.(record) ?? {});
      for (const field of Object.keys(facts) as (keyof Connection)[]) {
        if (merged[field] === undefined) Object.assign(merged, { [field]: facts[field] });
      }
    });
    return merged;
  }

  #add(key: number, variant: number): number {
    const connection = this.#merged();
    const part = Location.encode(Location.fromPartial({ connection })).finish();
    return this.cache.add(key, variant, part, this.#systemBits(connection.autonomousSystemNumber));
  }
}
