import type { Connection } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import type { DatasetFacts, Layer } from "../layers/layer.ts";
import { RangeTable } from "../ranges/range-table.ts";
import type { AsnTable } from "./asn-csv.ts";

/** A file of autonomous systems; a record is an index into the lists of its table. */
export class AsnLayer implements Layer {
  prefixLength = 0;
  readonly facts: DatasetFacts;
  readonly families: Layer["families"];
  readonly #ranges: RangeTable;
  readonly #table: Omit<AsnTable, "rangeCount" | "unusableRecords">;

  constructor(table: Omit<AsnTable, "rangeCount" | "unusableRecords">, facts: DatasetFacts) {
    this.facts = facts;
    this.families = { ipv4: table.ipv4.values.length > 1, ipv6: table.ipv6.values.length > 1 };
    this.#ranges = new RangeTable(table.ipv4, table.ipv6);
    this.#table = table;
  }

  find(address: Address): number {
    const segment = this.#ranges.find(address);
    this.prefixLength = this.#ranges.prefixLength(segment, address);
    return this.#ranges.value(segment, address);
  }

  readonly connection = (record: number): Partial<Connection> => ({
    autonomousSystemNumber: this.#table.numbers[record],
    autonomousSystemOrganization: this.#table.organizations[record],
  });
}
