import { COUNTRIES_OF_ONE_TIME, ZONES_OF_COUNTRIES } from "./zone-countries.ts";
import { zoneName } from "./zone-name.ts";
import { haveSameClocks } from "./zone-state.ts";

const ZONES: ReadonlyMap<string | undefined, readonly string[]> = new Map(
  Object.entries(ZONES_OF_COUNTRIES).map(([code, zones]) => [code, zones.split(" ")]),
);
const OF_ONE_TIME: ReadonlySet<string | undefined> = new Set(COUNTRIES_OF_ONE_TIME.split(" "));

/**
 * The zone of a country that a name stands for: the one of that name, or the first with the same clocks, as `Asia/Calcutta` in
 * India is `Asia/Kolkata`, and `Europe/Berlin` in Denmark `Europe/Copenhagen`. Undefined for a name that is no zone, and for
 * clocks that the country does not have. Without a country, and in one that tzdata has no zones of, it is the zone of that name.
 */
export function zoneInCountry(text: string, countryCode: string | undefined): string | undefined {
  const name = zoneName(text);
  const zones = ZONES.get(countryCode);
  if (name === undefined || zones === undefined || zones.includes(name)) return name;
  return zones.find((zone) => haveSameClocks(zone, name));
}

/**
 * The zone that follows from a country alone: its only one, or the first of those whose clocks have shown the same since the
 * beginning of the year of the tzdata in use and do as far as its rules go. Undefined for countries with several times.
 */
export function onlyZone(countryCode: string | undefined): string | undefined {
  const zones = ZONES.get(countryCode);
  return zones?.length === 1 || OF_ONE_TIME.has(countryCode) ? zones?.[0] : undefined;
}
