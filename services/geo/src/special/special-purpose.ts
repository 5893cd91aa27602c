import { parseCidr } from "../address/cidr.ts";
import { RangeTable } from "../ranges/range-table.ts";
import { SPECIAL_PURPOSE_REGISTRY } from "./registry.ts";

/** The addresses without a place, such as private, reserved and multicast ones. */
export interface SpecialPurpose {
  /** The value of an address is an index into `names`. */
  readonly table: RangeTable;
  readonly names: readonly string[];
}

/** Makes the table of the registry. */
export function specialPurposeAddresses(): SpecialPurpose {
  const entries = SPECIAL_PURPOSE_REGISTRY.map(([prefix], value) => {
    const block = parseCidr(prefix);
    if (block === undefined)
      throw new Error(`${prefix} in the special-purpose registry is not a CIDR block`);
    return { block, value };
  });
  return {
    table: RangeTable.fromBlocks(entries),
    names: SPECIAL_PURPOSE_REGISTRY.map(([, name]) => name),
  };
}
