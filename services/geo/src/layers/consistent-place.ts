import { zoneInCountry } from "../derived/zone-of-country.ts";
import { NAME_FIELDS, type Place, type PlaceNames } from "./place.ts";
import { zoneOfPlace } from "./zone-of-place.ts";

const SUBREGION_FIELDS = ["subregion", "subregionIsoCode", "subregionGeonameId"] as const;

/** What is unknown where a record contradicts itself. */
const DOUBTFUL_FIELDS = {
  coordinates: ["latitude", "longitude", "accuracyRadiusKm"],
  timezone: ["timezoneName"],
  // A subregion is part of its region.
  region: ["region", "regionIsoCode", "regionGeonameId", ...SUBREGION_FIELDS],
  subregion: SUBREGION_FIELDS,
  metro_code: ["metroCode"],
} satisfies Record<string, readonly (keyof Place)[]>;

/** The fields in which a record can contradict itself. */
export type Contradiction = keyof typeof DOUBTFUL_FIELDS;

/** Records of a dataset that contradict themselves or each other, counted by the doubtful field. */
export type Contradictions = Readonly<Record<Contradiction, number>>;

/** Of a dataset without any. */
export const NO_CONTRADICTIONS: Contradictions = {
  coordinates: 0,
  timezone: 0,
  region: 0,
  subregion: 0,
  metro_code: 0,
};

const METRO_COUNTRY = "US";

/**
 * The place without the fields that contradict its other fields, and without a region or subregion of `doubtfulRegions`, with
 * the time zone that follows from it. `onContradiction` receives each contradiction.
 */
export function consistentPlace(
  place: Place,
  doubtfulRegions: ReadonlySet<number>,
  onContradiction: (contradiction: Contradiction) => void = () => undefined,
): Place {
  const contradictions = contradictionsIn(place, doubtfulRegions);
  let consistent = place;
  for (const contradiction of contradictions) {
    onContradiction(contradiction);
    const none = DOUBTFUL_FIELDS[contradiction].map((field) => [field, undefined]);
    consistent = { ...consistent, ...Object.fromEntries(none) };
  }
  if (contradictions.includes("timezone")) return consistent;
  return { ...consistent, timezoneName: zoneOfPlace(consistent) };
}

/** The names of a place without those of the fields that `consistentPlace` leaves out. */
export function consistentNames(
  names: PlaceNames,
  place: Place,
  doubtfulRegions: ReadonlySet<number>,
): PlaceNames {
  const doubtful: ReadonlySet<string> = new Set(
    contradictionsIn(place, doubtfulRegions).flatMap((each): string[] => [
      ...DOUBTFUL_FIELDS[each],
    ]),
  );
  const certain = NAME_FIELDS.filter((field) => !doubtful.has(field));
  return Object.fromEntries(certain.map((field) => [field, names[field]]));
}

function contradictionsIn(place: Place, doubtfulRegions: ReadonlySet<number>): Contradiction[] {
  const { countryCode, metroCode } = place;
  const isDoubtful = (id: number | undefined) => id !== undefined && doubtfulRegions.has(id);
  const found: Contradiction[] = [];
  if (!hasPossibleCoordinates(place)) found.push("coordinates");
  if (!isZoneOfCountry(place)) found.push("timezone");
  const isNowhere = countryCode === undefined && hasRegion(place);
  if (isNowhere || isDoubtful(place.regionGeonameId)) found.push("region");
  else if (isDoubtful(place.subregionGeonameId)) found.push("subregion");
  if (metroCode !== undefined && countryCode !== METRO_COUNTRY) found.push("metro_code");
  return found;
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

function isZoneOfCountry({ timezoneName, countryCode }: Place): boolean {
  return timezoneName === undefined || zoneInCountry(timezoneName, countryCode) !== undefined;
}

function hasRegion(place: Place): boolean {
  return DOUBTFUL_FIELDS.region.some((field) => place[field] !== undefined);
}
