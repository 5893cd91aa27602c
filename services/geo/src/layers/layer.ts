import type { Connection, Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import type { Contradictions } from "./consistent-place.ts";
import type { Language } from "./languages.ts";
import type { Place } from "./place.ts";

/** What a dataset says about itself. */
export interface DatasetFacts {
  /** File name without its directory. */
  readonly name: string;
  /** The type that the file states, such as `GeoLite2-City`. */
  readonly type: string;
  readonly buildTime: Date;
  readonly networks: number;
  readonly contradictions: Contradictions;
  readonly license: string;
  readonly attribution: string;
}

/** A dataset that addresses are looked up in. What it can tell of a record is one or more of the readers. */
export interface Layer {
  readonly facts: DatasetFacts;
  /** The address families it has records for. */
  readonly families: { readonly ipv4: boolean; readonly ipv6: boolean };
  /** Length of the network that the last `find` was answered for, in bits of the address's family. */
  readonly prefixLength: number;
  /** A number below 2^32 - 1 that names the address's record, or `noRecord`. */
  find(address: Address): number;
  /** Where a record is; undefined for a record that names no place. */
  readonly place?: ((record: number, language: Language) => Place | undefined) | undefined;
  /** Who runs the network of a record. */
  readonly connection?: ((record: number) => Partial<Connection>) | undefined;
  /** How addresses of a record are used. */
  readonly security?: ((record: number) => Partial<Security>) | undefined;
}
