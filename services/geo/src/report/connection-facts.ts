import type { Connection } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import {
  addUnknown,
  type ConnectionSource,
  type ConnectionSources,
  connectionSources,
} from "../answer/connection-parts.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";

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
    const facts: Partial<Connection> = {};
    for (const { source, known } of this.#sources) {
      const { layer, readers } = source;
      if (!(address.isIpv4 ? layer.families.ipv4 : layer.families.ipv6)) continue;
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      if (record === NO_RECORD) continue;
      let own = known.get(record);
      if (own === undefined) {
        own = {};
        for (const read of readers) addUnknown(own, read(record));
        known.set(record, own);
      }
      addUnknown(facts, own);
    }
    return facts;
  }
}
