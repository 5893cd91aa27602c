import { FLAG_BITS, type FlagName } from "../security/flags.ts";
import { FAMILIES, type Family, unitsOf } from "./family.ts";
import { CELLS } from "./place-kinds.ts";
import type { Step, Walk } from "./walk.ts";

/** Of some addresses, how many have what. In units of `unitsOf`. */
export interface Coverage {
  total: number;
  country: number;
  region: number;
  city: number;
  coordinates: number;
  zone: number;
  /** The country is all that is known of the place. */
  countryOnly: number;
  /** Only the country is known in which the network is registered, which is no place. */
  registeredOnly: number;
}

/** What is counted of one address family. */
export interface FamilyTally {
  /** All addresses but special-purpose ones; of IPv6 those of 2000::/3, from which networks are given out. */
  readonly all: Coverage;
  /** Those of them that an autonomous system announces, as far as datasets tell. */
  readonly announced: Coverage;
  /** Of `all`, by country. */
  readonly countries: ReadonlyMap<string, Coverage>;
  readonly flags: Readonly<Record<FlagName, number>>;
  /** How many units each autonomous system announces. */
  readonly systems: ReadonlyMap<number, number>;
  /** How many steps the walk has taken. */
  readonly networks: number;
}

/** What a walk over all addresses counts. */
export interface Tally {
  readonly families: Readonly<Record<Family, FamilyTally>>;
  /** Addresses of IPv4 whose place is known better than by its country, by the cell of their coordinates as in `CELLS`. */
  readonly density: Float64Array;
}

const FLAGS = Object.entries(FLAG_BITS) as [FlagName, number][];
/** The first three bits of 2000::/3. */
const GLOBAL_UNICAST = 1;

/** Walks over all addresses and counts. It takes a time and not much memory: what grows is the number of countries and systems. */
export function tallyOf(walk: Walk): Tally {
  const density = new Float64Array(CELLS.columns * CELLS.rows);
  const families = FAMILIES.map((family) => [family, tallyFamily(walk, family, density)]);
  return { families: Object.fromEntries(families), density };
}

function tallyFamily(walk: Walk, family: Family, density: Float64Array): FamilyTally {
  const [all, announced] = [noCoverage(), noCoverage()];
  const countries = new Map<string, Coverage>();
  const systems = new Map<number, number>();
  const flags = Object.fromEntries(FLAGS.map(([name]) => [name, 0])) as Record<FlagName, number>;
  let networks = 0;
  for (const step of walk.steps(family)) {
    networks++;
    if (step.isSpecial || !isGivenOut(step, family)) continue;
    const units = unitsOf(family, step.prefixLength);
    const { place, systemNumber } = step;
    count(all, step, units);
    if (systemNumber !== undefined) {
      count(announced, step, units);
      systems.set(systemNumber, (systems.get(systemNumber) ?? 0) + units);
    }
    if (place?.countryCode !== undefined) {
      count(coverageIn(countries, place.countryCode), step, units);
    }
    if (step.flags !== 0) {
      for (const [name, bit] of FLAGS) if ((step.flags & bit) !== 0) flags[name] += units;
    }
    const isWithin = place?.exactness === "city" || place?.exactness === "region";
    if (family === "ipv4" && isWithin && place.cell !== undefined) {
      density[place.cell] = (density[place.cell] as number) + units;
    }
  }
  return { all, announced, countries, flags, systems, networks };
}

function isGivenOut({ first }: Step, family: Family): boolean {
  return family === "ipv4" || (first.words[0] as number) >>> 29 === GLOBAL_UNICAST;
}

function coverageIn(countries: Map<string, Coverage>, code: string): Coverage {
  const known = countries.get(code);
  if (known !== undefined) return known;
  const coverage = noCoverage();
  countries.set(code, coverage);
  return coverage;
}

function noCoverage(): Coverage {
  return {
    ...{ total: 0, country: 0, region: 0, city: 0, coordinates: 0, zone: 0 },
    ...{ countryOnly: 0, registeredOnly: 0 },
  };
}

function count(coverage: Coverage, { place }: Step, units: number): void {
  coverage.total += units;
  if (place === undefined) return;
  const { exactness, countryCode, hasZone, cell } = place;
  if (exactness === "registered") coverage.registeredOnly += units;
  if (countryCode !== undefined) coverage.country += units;
  if (exactness === "city") coverage.city += units;
  if (exactness === "city" || exactness === "region") coverage.region += units;
  if (exactness === "country") coverage.countryOnly += units;
  if (cell !== undefined) coverage.coordinates += units;
  if (hasZone) coverage.zone += units;
}
