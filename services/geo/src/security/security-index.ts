import type { Address } from "../address/address.ts";
import type { Block } from "../address/cidr.ts";
import type { Layer } from "../layers/layer.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { RangeTable } from "../ranges/range-table.ts";
import { FLAG_BITS, settle, trueBits } from "./flags.ts";

/** What is known of addresses and autonomous systems by lists. */
export interface SecurityLists {
  /** Flags of addresses, as bits. */
  readonly table: RangeTable;
  /** Flags of autonomous systems, as bits. */
  readonly systems: ReadonlyMap<number, number>;
  /** Flags whose list is complete as its operator says: an address that is not on it is known not to be. */
  readonly isKnown: number;
  /** Flags whose list names autonomous systems, so that they cannot be told where the system is unknown. */
  readonly bySystem: number;
}

/** A table of blocks with flags; where blocks nest their flags add up. */
export function flagTable(blocks: readonly { block: Block; value: number }[]): RangeTable {
  return RangeTable.fromBlocks(blocks, (outer, inner) => outer | inner);
}

/** The flags that an Anonymous-IP dataset decides. */
const LAYER_BITS = FLAG_BITS.vpn | FLAG_BITS.proxy | FLAG_BITS.tor | FLAG_BITS.hosting;

/** Decides the security flags of an address from lists and Anonymous-IP layers. */
export class SecurityIndex {
  prefixLength = 0;
  /** Flags that a source could tell for every address of a family. */
  readonly isKnown: { readonly ipv4: number; readonly ipv6: number };
  readonly #table: RangeTable;
  readonly #systems: ReadonlyMap<number, number>;
  readonly #layers: readonly Layer[];

  /** `layers` are all that are in force: those with systems and those that are Anonymous-IP datasets count. */
  constructor(lists: SecurityLists, layers: readonly Layer[]) {
    this.#layers = layers.filter(({ security }) => security !== undefined);
    const known = (family: keyof Layer["families"]) => {
      const hasSystems = layers.some((layer) => layer.connection && layer.families[family]);
      const listed = hasSystems ? lists.isKnown : lists.isKnown & ~lists.bySystem;
      return listed | (this.#layers.some(({ families }) => families[family]) ? LAYER_BITS : 0);
    };
    this.isKnown = { ipv4: known("ipv4"), ipv6: known("ipv6") };
    this.#table = lists.table;
    this.#systems = lists.systems;
  }

  /** Flags that an autonomous system brings. */
  systemBits(asn: number | undefined): number {
    return asn === undefined ? 0 : (this.#systems.get(asn) ?? 0);
  }

  /** Flags that are true for an address, given those of its autonomous system. */
  trueBits(address: Address, systemBits: number): number {
    const segment = this.#table.find(address);
    this.prefixLength = this.#table.prefixLength(segment, address);
    let bits = systemBits | Math.max(0, this.#table.value(segment, address));
    for (const layer of this.#layers) {
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      if (record !== NO_RECORD) bits |= trueBits(layer.security?.(record) ?? {});
    }
    return settle(bits);
  }
}
