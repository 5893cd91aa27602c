import type { Connection, Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import type { Segments } from "../ranges/range-table.ts";
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

/** The autonomous system of a record, and the domain of who runs it. */
export type System = Pick<
  Partial<Connection>,
  "autonomousSystemNumber" | "autonomousSystemOrganization" | "domain"
>;

/** A value of segments of systems: the file says that nobody announces the addresses. */
export const NOT_ANNOUNCED = -2;

/** What a dataset says of autonomous systems. */
export interface Systems {
  /** Reads the system of a record. Without a number, nobody announces the addresses of the record. */
  readonly read: (record: number) => System;
  /**
   * The records of all addresses of a family, ascending; NO_VALUE where there is none, or NOT_ANNOUNCED. It pauses after a
   * few milliseconds of work, as a walk of a whole file takes long.
   */
  readonly segments: (family: "ipv4" | "ipv6") => Generator<void, Segments>;
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
  /** Reads the same as the record says it, also where it contradicts itself. Nothing of this is answered. */
  readonly recorded?: Layer["place"];
  /** Reads the names of the place of a record. */
  readonly names?: ((record: number) => PlaceNames) | undefined;
  /** Reads the autonomous system of a record. */
  readonly systems?: Systems | undefined;
  /** Reads what else is known of who runs the network of a record. */
  readonly connection?: ((record: number) => Partial<Connection>) | undefined;
  /** Reads what the addresses of a record are used for. */
  readonly security?: ((record: number) => Partial<Security>) | undefined;
}

/** What the systems of addresses are looked up in: a dataset, or what several of them agree on. */
export type SystemLayer = Omit<Layer, "facts">;
