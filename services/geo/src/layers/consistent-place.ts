import { ZONES_OF_COUNTRIES } from "../derived/zone-countries.ts";
import type { Place } from "./place.ts";

/** What a record can contradict itself in. */
export type Contradiction = "coordinates" | "timezone" | "region";

/** Records of a dataset that contradict themselves or each other, counted by the doubtful field. */
export type Contradictions = Readonly<Record<Contradiction, number>>;

const zoneSets: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(ZONES_OF_COUNTRIES).map(([code, zones]) => [code, new Set(zones.split(" "))]),
);

/**
 * The place without the fields that cannot be true beside the others, or whose region is one of `doubtfulRegions`;
 * `onContradiction` hears of each.
 */
export function consistentPlace(
  place: Place,
  doubtfulRegions: ReadonlySet<number>,
  onContradiction: (contradiction: Contradiction) => void = () => undefined,
): Place {
  let consistent = place;
  if (!hasPossibleCoordinates(place)) {
    onContradiction("coordinates");
    const none = { latitude: undefined, longitude: undefined, accuracyRadiusKm: undefined };
    consistent = { ...consistent, ...none };
  }
  if (!isZoneOfCountry(place)) {
    onContradiction("timezone");
    consistent = { ...consistent, timezoneName: undefined };
  }
  const isAbroad = doubtfulRegions.has(place.regionGeonameId ?? Number.NaN);
  if (isAbroad || (place.countryCode === undefined && hasRegion(place))) {
    onContradiction("region");
    const none = { region: undefined, regionIsoCode: undefined, regionGeonameId: undefined };
    consistent = { ...consistent, ...none };
  }
  return consistent;
}

function hasPossibleCoordinates({ latitude, longitude }: Place): boolean {
  if (latitude === undefined && longitude === undefined) return true;
  return (
    latitude !== undefined &&
    longitude !== undefined &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180
  );
}

/** A country that tzdata has no zone for cannot contradict one. */
function isZoneOfCountry({ timezoneName, countryCode = "" }: Place): boolean {
  const zones = zoneSets.get(countryCode);
  return timezoneName === undefined || zones === undefined || zones.has(timezoneName);
}

function hasRegion({ region, regionIsoCode, regionGeonameId }: Place): boolean {
  return (region ?? regionIsoCode ?? regionGeonameId) !== undefined;
}
