import type { Address } from "../address/address.ts";
import type { Block } from "../address/cidr.ts";
import { RangeTable } from "../ranges/range-table.ts";
import type { Override } from "./override.ts";

/** The overrides of an operator. The longest prefix wins. */
export class OverrideTable {
  /** Length of the network that the last `find` holds for, in bits of the address's family. */
  prefixLength = 0;
  readonly #table: RangeTable;
  readonly #overrides: readonly Override[];

  constructor(entries: readonly { block: Block; override: Override }[]) {
    this.#table = RangeTable.fromBlocks(entries.map(({ block }, value) => ({ block, value })));
    this.#overrides = entries.map(({ override }) => override);
  }

  /** The override of an address, if it has one. */
  find(address: Address): Override | undefined {
    if (this.#overrides.length === 0) return undefined;
    const segment = this.#table.find(address);
    this.prefixLength = this.#table.prefixLength(segment, address);
    return this.#overrides[this.#table.value(segment, address)];
  }
}
