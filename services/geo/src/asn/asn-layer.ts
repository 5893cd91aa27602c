import type { Connection } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import type { DatasetFacts, Layer } from "../layers/layer.ts";
import type { AsnTable } from "./asn-csv.ts";

/** Autonomous systems from CSV files; a record is an index into the table's lists. */
export class AsnLayer implements Layer {
  prefixLength = 0;
  readonly facts: DatasetFacts;
  readonly #table: AsnTable;

  constructor(table: AsnTable, facts: DatasetFacts) {
    this.facts = facts;
    this.#table = table;
  }

  find(address: Address): number {
    const { ranges } = this.#table;
    const segment = ranges.find(address);
    this.prefixLength = ranges.prefixLength(segment, address);
    return ranges.value(segment, address);
  }

  readonly connection = (record: number): Partial<Connection> => ({
    autonomousSystemNumber: this.#table.numbers[record],
    autonomousSystemOrganization: this.#table.organizations[record],
  });
}
