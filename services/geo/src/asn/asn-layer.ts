import type { DatasetFacts, Layer } from "../layers/layer.ts";
import type { AsnTable } from "./asn-csv.ts";
import { SystemRanges } from "./system-ranges.ts";

/** A file of autonomous systems; a record is an index into the lists of its table. */
export class AsnLayer extends SystemRanges implements Layer {
  readonly facts: DatasetFacts;

  constructor(table: Omit<AsnTable, "rangeCount" | "unusableRecords">, facts: DatasetFacts) {
    super(table, (record) => ({
      autonomousSystemNumber: table.numbers[record],
      autonomousSystemOrganization: table.organizations[record],
    }));
    this.facts = facts;
  }
}
