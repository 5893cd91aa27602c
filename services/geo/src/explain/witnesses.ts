import type { Address } from "../address/address.ts";
import type { Layer } from "../layers/layer.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { RangeTable } from "../ranges/range-table.ts";
import { FLAG_BITS, type FlagName, trueBits } from "../security/flags.ts";
import type { NamedList } from "../security/named-lists.ts";
import { networkOf } from "./origins.ts";

/** A row of a list or a record of a dataset, and the flags that it makes true, as bits. */
export interface Witness {
  readonly bits: number;
  readonly origin: string;
}

/** Searches lists for the rows that speak of an address. */
export class ListWitnesses {
  readonly #lists: readonly { readonly list: NamedList; readonly table: RangeTable }[];

  constructor(lists: readonly NamedList[]) {
    this.#lists = lists.map((list) => ({
      list,
      table: RangeTable.fromBlocks(list.blocks.map(({ block }, value) => ({ block, value }))),
    }));
  }

  /** Of each list the row of an address, of nested blocks the innermost, and the row of its system. */
  find(address: Address, systemNumber: number | undefined): Witness[] {
    return this.#lists.flatMap(({ list, table }) => {
      const { name, flag, blocks, systems } = list;
      const said: string[] = [];
      const row = blocks[table.value(table.find(address), address)];
      if (row) said.push(`${networkOf(address, row.block.prefixLength)}${inBrackets(row.note)}`);
      const note = systemNumber === undefined ? undefined : systems.get(systemNumber);
      if (note !== undefined) said.push(`AS${systemNumber}${inBrackets(note)}`);
      return said.map((text) => ({ bits: FLAG_BITS[flag], origin: `${name} ${text}` }));
    });
  }

  /** The names of the operator's lists of a flag, which make it false where they do not make it true. */
  complete(flag: FlagName): string[] {
    const own = this.#lists.filter(({ list }) => list.flag === flag && !list.isBuiltIn);
    return own.map(({ list }) => list.name);
  }
}

/** The records of Anonymous-IP datasets for an address. */
export function recordWitnesses(address: Address, layers: readonly Layer[]): Witness[] {
  return layers.flatMap((layer) => {
    const record = layer.security === undefined ? NO_RECORD : layer.find(address);
    if (record === NO_RECORD) return [];
    const origin = `${layer.facts.name} ${networkOf(address, layer.prefixLength)}`;
    return [{ bits: trueBits(layer.security?.(record) ?? {}), origin }];
  });
}

function inBrackets(note: string): string {
  return note === "" ? "" : ` (${note})`;
}
