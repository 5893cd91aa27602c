import type { AsnTable } from "../asn/asn-csv.ts";
import type { Contradictions } from "../layers/consistent-place.ts";

/** What was found in a dataset file that is fit to be served, in a form that passes between threads. */
export interface Inspection {
  /** Hexadecimal SHA-256 of the file. */
  readonly digest: string;
  readonly findings: Findings;
  readonly content: MmdbContent | AsnContent;
}

/** What a check of all records finds; kept by digest, so that a file is checked once and not at every start. */
export interface Findings {
  readonly networks: number;
  readonly contradictions: Contradictions;
  /** GeoNames ids of regions that records put into different countries. */
  readonly doubtfulRegions: readonly number[];
  /** Offsets of some records of an MMDB file, by which its schema is recognized. */
  readonly samples: readonly number[];
}

export interface MmdbContent {
  readonly kind: "mmdb";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type AsnContent = { readonly kind: "asn" } & Omit<AsnTable, "rangeCount">;
