import type { Address } from "../address/address.ts";
import type { System, SystemLayer, Systems } from "../layers/layer.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { type FamilySegments, RangeTable } from "../ranges/range-table.ts";

/** Autonomous systems by ranges of addresses; a record is what a segment has as its value, unless that is negative. */
export class SystemRanges implements SystemLayer {
  prefixLength = 0;
  readonly families: SystemLayer["families"];
  readonly systems: Systems;
  readonly #ranges: RangeTable;

  constructor(segments: FamilySegments, read: (record: number) => System) {
    const { ipv4, ipv6 } = segments;
    this.families = { ipv4: ipv4.values.length > 1, ipv6: ipv6.values.length > 1 };
    this.systems = {
      read,
      *segments(family) {
        yield;
        return segments[family];
      },
    };
    this.#ranges = new RangeTable(ipv4, ipv6);
  }

  find(address: Address): number {
    const segment = this.#ranges.find(address);
    this.prefixLength = this.#ranges.prefixLength(segment, address);
    const value = this.#ranges.value(segment, address);
    return value < 0 ? NO_RECORD : value;
  }
}
