import type { AsnTable } from "../asn/asn-csv.ts";
import type { Contradictions } from "../layers/consistent-place.ts";

/** The result for a dataset file that can be served, in a form that passes between threads. */
export interface Inspection {
  /** Hexadecimal SHA-256 of the file. */
  readonly digest: string;
  readonly findings: Findings;
  readonly content: MmdbContent | AsnContent;
}

/** What a check of all records finds. It is kept by digest, so that a file is checked once and not at every start. */
export interface Findings {
  /** How many networks have a record. */
  readonly networks: number;
  /** How many records have a value that cannot be right for its field. */
  readonly unusableRecords: number;
  readonly contradictions: Contradictions;
  /** GeoNames ids of regions and subregions that records put into different countries. */
  readonly doubtfulRegions: readonly number[];
  /** Offsets of some records of an MMDB file, from which its schema is recognized. */
  readonly samples: readonly number[];
}

/** The bytes of an MMDB file. */
export interface MmdbContent {
  readonly kind: "mmdb";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The table that a CSV file of autonomous systems makes. */
export type AsnContent = { readonly kind: "asn" } & Omit<
  AsnTable,
  "rangeCount" | "unusableRecords"
>;
