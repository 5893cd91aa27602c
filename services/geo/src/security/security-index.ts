import type { Address } from "../address/address.ts";
import type { Block } from "../address/cidr.ts";
import type { Layer, SystemLayer } from "../layers/layer.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { type FamilySegments, RangeTable } from "../ranges/range-table.ts";
import { FLAG_BITS, trueBits } from "./flags.ts";

/** What lists say about addresses and autonomous systems, in a form that passes between threads. */
export interface SecurityLists {
  /** Flags of addresses, as bits. */
  readonly segments: FamilySegments;
  /** Flags of autonomous systems, as bits. */
  readonly systems: ReadonlyMap<number, number>;
  /** Flags whose list counts as complete: for an address that is not on it the flag is false. */
  readonly isKnown: number;
  /** Flags whose list names autonomous systems: where the system of an address is unknown, the flag is unknown. */
  readonly bySystem: number;
}

/** A block with its flags, as bits. */
export interface FlaggedBlock {
  readonly block: Block;
  readonly value: number;
}

/** The segments of blocks with flags. Where blocks nest, their flags add up. */
export function flagSegments(blocks: readonly FlaggedBlock[]): FamilySegments {
  return RangeTable.segmentsOf(blocks, (outer, inner) => outer | inner);
}

/** What flags come from beside lists. */
export interface SecurityLayers {
  /** All that are serving; those of Anonymous-IP are used. */
  readonly layers: readonly Layer[];
  /** What autonomous systems come from. */
  readonly systems: readonly SystemLayer[];
}

/** The flags that an Anonymous-IP dataset decides. */
const LAYER_BITS = FLAG_BITS.vpn | FLAG_BITS.proxy | FLAG_BITS.tor | FLAG_BITS.hosting;

/** Tells the flags of an address from lists and Anonymous-IP layers. */
export class SecurityIndex {
  /** Length of the network that the last `addressBits` holds for, in bits of the address's family. */
  prefixLength = 0;
  /** Flags that a source can tell for every address of a family. */
  readonly isKnown: { readonly ipv4: number; readonly ipv6: number };
  readonly #table: RangeTable;
  readonly #systems: ReadonlyMap<number, number>;
  readonly #layers: readonly Layer[];

  constructor(lists: SecurityLists, { layers, systems }: SecurityLayers) {
    this.#layers = layers.filter(({ security }) => security !== undefined);
    const known = (family: keyof Layer["families"]) => {
      const hasSystems = systems.some(({ families }) => families[family]);
      const listed = hasSystems ? lists.isKnown : lists.isKnown & ~lists.bySystem;
      return listed | (this.#layers.some(({ families }) => families[family]) ? LAYER_BITS : 0);
    };
    this.isKnown = { ipv4: known("ipv4"), ipv6: known("ipv6") };
    this.#table = new RangeTable(lists.segments.ipv4, lists.segments.ipv6);
    this.#systems = lists.systems;
  }

  /** The flags of an autonomous system. */
  systemBits(asn: number | undefined): number {
    return asn === undefined ? 0 : (this.#systems.get(asn) ?? 0);
  }

  /** The flags that lists of blocks and layers say are true for an address; those of its autonomous system are not among them. */
  addressBits(address: Address): number {
    const segment = this.#table.find(address);
    this.prefixLength = this.#table.prefixLength(segment, address);
    let bits = Math.max(0, this.#table.value(segment, address));
    for (const layer of this.#layers) {
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      if (record !== NO_RECORD) bits |= trueBits(layer.security?.(record) ?? {});
    }
    return bits;
  }
}
