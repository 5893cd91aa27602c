import { RangeTable, type Segments } from "../ranges/range-table.ts";
import type { FlagName } from "../security/flags.ts";
import type { NamedList } from "../security/named-lists.ts";
import { FAMILIES, type Family, unitsOf } from "./family.ts";
import type { Tally } from "./tally.ts";

/** What one list names. */
export interface ListCoverage {
  readonly flag: FlagName;
  readonly name: string;
  readonly isBuiltIn: boolean;
  readonly blocks: number;
  readonly systems: number;
  /** How many units of each family its blocks have, and its systems announce. What is in both counts twice. */
  readonly units: Readonly<Record<Family, number>>;
}

/** Counts what lists name, each by itself; what systems announce is taken from a tally. */
export function listCoverage(lists: readonly NamedList[], { families }: Tally): ListCoverage[] {
  return lists.map(({ flag, name, isBuiltIn, blocks, systems }) => {
    const segments = RangeTable.segmentsOf(blocks.map(({ block }) => ({ block, value: 1 })));
    const units = FAMILIES.map((family): [Family, number] => {
      const announced = families[family].systems;
      const ofSystems = systems.keys().reduce((sum, asn) => sum + (announced.get(asn) ?? 0), 0);
      return [family, ofSystems + unitsIn(segments[family], family)];
    });
    return {
      ...{ flag, name, isBuiltIn, blocks: blocks.length, systems: systems.size },
      units: Object.fromEntries(units) as ListCoverage["units"],
    };
  });
}

function unitsIn({ starts, values }: Segments, family: Family): number {
  const words = family === "ipv4" ? 1 : 4;
  /** A start as a share of all addresses, which is exact enough to be added up. */
  const shareBefore = (index: number) => {
    if (index === values.length) return 1;
    const own = starts.subarray(index * words, (index + 1) * words);
    return own.reduce((share, word, i) => share + word / 2 ** (32 * (i + 1)), 0);
  };
  let share = 0;
  for (const [index, value] of values.entries()) {
    if (value > 0) share += shareBefore(index + 1) - shareBefore(index);
  }
  return share * unitsOf(family, 0);
}
