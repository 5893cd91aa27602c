import type { Connection } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import {
  type ConnectionSource,
  type ConnectionSources,
  connectionSources,
} from "../answer/connection-parts.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";

const NOTHING: Partial<Connection> = {};

/** Reads the connections of addresses. A record is read once: a walk comes to it many times. */
export class ConnectionFacts {
  /** Length of the network that the last `find` holds for, in bits of the address's family. */
  prefixLength = 0;
  /** Whether records may tell flags. */
  readonly hasFlags: boolean;
  readonly #sources: readonly {
    readonly source: ConnectionSource;
    readonly known: Map<number, Partial<Connection>>;
  }[];

  constructor(sources: ConnectionSources) {
    this.hasFlags = sources.layers.some(({ connection }) => connection !== undefined);
    this.#sources = connectionSources(sources).map((source) => ({ source, known: new Map() }));
  }

  /** What records say of an address; the first source that knows a field wins. */
  find(address: Address): Partial<Connection> {
    this.prefixLength = 0;
    let facts = NOTHING;
    for (const { source, known } of this.#sources) {
      const { layer, readers } = source;
      if (!(address.isIpv4 ? layer.families.ipv4 : layer.families.ipv6)) continue;
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      if (record === NO_RECORD) continue;
      let own = known.get(record);
      if (own === undefined) {
        own = readers.map((read) => read(record)).reduce(withUnknown, NOTHING);
        known.set(record, own);
      }
      facts = facts === NOTHING ? own : withUnknown(facts, own);
    }
    return facts;
  }
}

/** Facts with those fields of others that they do not know. */
function withUnknown(facts: Partial<Connection>, others: Partial<Connection>): Partial<Connection> {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return { ...others, ...Object.fromEntries(known) };
}
