import { parseCidr } from "../address/cidr.ts";
import { RangeTable } from "../ranges/range-table.ts";
import { SPECIAL_PURPOSE_REGISTRY } from "./registry.ts";

/** The addresses that name no place: private, reserved, multicast and the like. */
export interface SpecialPurpose {
  /** The value of an address is an index into `names`. */
  readonly table: RangeTable;
  readonly names: readonly string[];
}

export function specialPurposeAddresses(): SpecialPurpose {
  const entries = SPECIAL_PURPOSE_REGISTRY.map(([prefix], value) => {
    const block = parseCidr(prefix);
    if (block === undefined) throw new Error(`the special-purpose registry holds ${prefix}`);
    return { block, value };
  });
  return {
    table: RangeTable.fromBlocks(entries),
    names: SPECIAL_PURPOSE_REGISTRY.map(([, name]) => name),
  };
}
