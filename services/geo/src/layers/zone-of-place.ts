import lookUpZone from "@photostructure/tz-lookup";
import { onlyZone, zoneInCountry } from "../derived/zone-of-country.ts";
import { haveSameClocks } from "../derived/zone-state.ts";
import type { Place } from "./place.ts";

/** A wider circle around coordinates says where a country or a part of one is, not where the address is. */
const RADIUS_KM_MAX = 100;
/** Coordinates and borders are right by some kilometres: coordinates that are closer to another time of the country say nothing. */
const BORDER_KM = 20;
/** Points of the compass that are looked at around coordinates. */
const DIRECTIONS = Array.from({ length: 8 }, (_, i) => (i * Math.PI) / 4).map(
  (angle) => [Math.sin(angle), Math.cos(angle)] as const,
);
const DEGREE_KM = 111.2;
/** Beyond it a circle of kilometres has no width in degrees that means anything. */
const POLAR_LATITUDE = 89;

const TOWN_FIELDS = ["city", "cityGeonameId", "postalCode"] as const;
const REGION_FIELDS = [
  ...(["region", "regionIsoCode", "regionGeonameId"] as const),
  ...(["subregion", "subregionIsoCode", "subregionGeonameId"] as const),
] as const;

/**
 * The time zone of a place that does not contradict itself. Publishers give the coordinates and the zone of some city to a record
 * of a country alone, so these do not count: what follows is the zone of a country that has one time, or none. The zone of a
 * place within a country is the one that its record names, or else the one of its coordinates.
 */
export function zoneOfPlace(place: Place): string | undefined {
  const { timezoneName, countryCode } = place;
  if (timezoneName !== undefined && isWithinCountry(place)) {
    return zoneInCountry(timezoneName, countryCode);
  }
  return zoneOfCoordinates(place) ?? onlyZone(countryCode);
}

/** What the zone of a place follows from. */
export type ZoneSource = "record" | "coordinates" | "country";

/** From what `zoneOfPlace` takes the zone of a place that has one. */
export function zoneSource(place: Place): ZoneSource {
  if (place.timezoneName !== undefined && isWithinCountry(place)) return "record";
  return zoneOfCoordinates(place) === undefined ? "country" : "coordinates";
}

/** True where more is known than the country. */
function isWithinCountry(place: Place): boolean {
  return isTown(place) || REGION_FIELDS.some((field) => place[field] !== undefined);
}

function isTown(place: Place): boolean {
  return TOWN_FIELDS.some((field) => place[field] !== undefined);
}

function zoneOfCoordinates(place: Place): string | undefined {
  const { latitude, longitude, countryCode } = place;
  if (latitude === undefined || longitude === undefined || !isExact(place)) return undefined;
  if (Math.abs(latitude) > POLAR_LATITUDE) return undefined;
  const zoneAt = (degreesNorth: number, degreesEast: number) =>
    zoneInCountry(lookUpZone(degreesNorth, aroundTheEarth(degreesEast)), countryCode);
  const zone = zoneAt(latitude, longitude);
  const north = BORDER_KM / DEGREE_KM;
  const east = north / Math.cos((latitude * Math.PI) / 180);
  const isSure = DIRECTIONS.every(([n, e]) => {
    const near = zoneAt(latitude + north * n, longitude + east * e);
    // Beyond the border of the country is no other time of it.
    return zone === undefined || near === undefined || haveSameClocks(near, zone);
  });
  return isSure ? zone : undefined;
}

/** Of a country alone they are its centre or that of its capital; those of a region without a radius are its centre. */
function isExact(place: Place): boolean {
  const { accuracyRadiusKm, countryCode } = place;
  if (accuracyRadiusKm === undefined) return isTown(place);
  return accuracyRadiusKm <= RADIUS_KM_MAX && (countryCode === undefined || isWithinCountry(place));
}

function aroundTheEarth(degreesEast: number): number {
  return Math.abs(degreesEast) <= 180 ? degreesEast : degreesEast - 360 * Math.sign(degreesEast);
}
