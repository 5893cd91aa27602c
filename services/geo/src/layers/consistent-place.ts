import { ZONES_OF_COUNTRIES } from "../derived/zone-countries.ts";
import type { Place } from "./place.ts";

/** The fields in which a record can contradict itself. */
export type Contradiction = "coordinates" | "timezone" | "region";

/** Records of a dataset that contradict themselves or each other, counted by the doubtful field. */
export type Contradictions = Readonly<Record<Contradiction, number>>;

const ZONE_SETS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(ZONES_OF_COUNTRIES).map(([code, zones]) => [code, new Set(zones.split(" "))]),
);

/**
 * The place without the fields that contradict its other fields, and without a region of `doubtfulRegions`.
 * `onContradiction` receives each of them.
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

/** A country without a zone in tzdata contradicts no zone. */
function isZoneOfCountry({ timezoneName, countryCode = "" }: Place): boolean {
  const zones = ZONE_SETS.get(countryCode);
  return timezoneName === undefined || zones === undefined || zones.has(timezoneName);
}

function hasRegion({ region, regionIsoCode, regionGeonameId }: Place): boolean {
  return (region ?? regionIsoCode ?? regionGeonameId) !== undefined;
}
