import type { Connection, Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import type { Contradictions } from "./consistent-place.ts";
import type { Language } from "./languages.ts";
import type { Place, PlaceNames } from "./place.ts";

/** What a dataset says about itself. */
export interface DatasetFacts {
  /** File name without its directory. */
  readonly name: string;
  /** The type that the file states, such as `GeoLite2-City`. */
  readonly type: string;
  readonly buildTime: Date;
  /** How many networks have a record. */
  readonly networks: number;
  /** How many records have a value that cannot be right for its field. */
  readonly unusableRecords: number;
  readonly contradictions: Contradictions;
  readonly license: string;
  readonly attribution: string;
}

/** A dataset that addresses are looked up in. It has a reader for each kind of facts that its records hold. */
export interface Layer {
  readonly facts: DatasetFacts;
  /** The address families it has records for. */
  readonly families: { readonly ipv4: boolean; readonly ipv6: boolean };
  /** Length of the network that the last `find` holds for, in bits of the address's family. */
  readonly prefixLength: number;
  /** The record of an address, a number below 2^32 - 1; NO_RECORD if there is none. */
  find(address: Address): number;
  /**
   * Reads the place of a record; undefined for a record that says nothing of places. One that is no place, by `namesPlace`, tells
   * where the network is registered.
   */
  readonly place?: ((record: number, language: Language) => Place | undefined) | undefined;
  /** Reads the names of the place of a record. */
  readonly names?: ((record: number) => PlaceNames) | undefined;
  /** Reads who runs the network of a record. */
  readonly connection?: ((record: number) => Partial<Connection>) | undefined;
  /** Reads what the addresses of a record are used for. */
  readonly security?: ((record: number) => Partial<Security>) | undefined;
}
