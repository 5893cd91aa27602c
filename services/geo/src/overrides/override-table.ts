import type { Address } from "../address/address.ts";
import type { Block } from "../address/cidr.ts";
import { RangeTable } from "../ranges/range-table.ts";
import type { Override } from "./override.ts";

/** What an operator says about a block of addresses, and the line of the file that says so, from 1. */
export interface OverrideEntry {
  readonly block: Block;
  readonly override: Override;
  readonly line: number;
}

/** The overrides of an operator. The longest prefix wins. */
export class OverrideTable {
  /** Length of the network that the last `find` holds for, in bits of the address's family. */
  prefixLength = 0;
  readonly #table: RangeTable;
  readonly #entries: readonly OverrideEntry[];

  constructor(entries: readonly OverrideEntry[]) {
    this.#table = RangeTable.fromBlocks(entries.map(({ block }, value) => ({ block, value })));
    this.#entries = entries;
  }

  /** The override of an address, if it has one. */
  find(address: Address): Override | undefined {
    return this.entry(address)?.override;
  }

  /** The same with where it stands. */
  entry(address: Address): OverrideEntry | undefined {
    if (this.#entries.length === 0) return undefined;
    const segment = this.#table.find(address);
    this.prefixLength = this.#table.prefixLength(segment, address);
    return this.#entries[this.#table.value(segment, address)];
  }
}
