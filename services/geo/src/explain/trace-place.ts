import type { Address } from "../address/address.ts";
import type { Layer } from "../layers/layer.ts";
import { namesPlace, type Place } from "../layers/place.ts";
import { zoneSource } from "../layers/zone-of-place.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { type Override, otherCountry, overridePlace } from "../overrides/override.ts";
import { networkOf, type Origins, type Traced } from "./origins.ts";

/** A place with its origins. */
export interface TracedPlace extends Traced<Place> {
  /** What the record says and is not answered, as it contradicts the rest or does not follow from it. */
  readonly leftOut: Origins<keyof Place>;
}

type Found = Omit<TracedPlace, "prefixLength">;
type PlaceField = keyof Place;

/** A place of which nothing is known. */
const NOTHING: Found = { facts: {}, origins: {}, leftOut: {} };

/** The place of an address in English: of the first layer that has one, in order of precedence. */
export function tracePlace(address: Address, layers: readonly Layer[]): TracedPlace {
  let prefixLength = 0;
  let registered: Found | undefined;
  for (const layer of layers) {
    if (layer.place === undefined) continue;
    const record = layer.find(address);
    prefixLength = Math.max(prefixLength, layer.prefixLength);
    const place = record === NO_RECORD ? undefined : layer.place(record, "en");
    if (place === undefined) continue;
    const origin = `${layer.facts.name} ${networkOf(address, layer.prefixLength)}`;
    const own = found(place, layer.recorded?.(record, "en") ?? place, origin);
    if (namesPlace(place)) return { ...withRegistered(own, registered), prefixLength };
    if (place.registeredCountryCode !== undefined) registered ??= own;
  }
  return { ...(registered ?? NOTHING), prefixLength };
}

function found(place: Place, recorded: Place, origin: string): Found {
  const origins: Origins<PlaceField> = {};
  const leftOut: Origins<PlaceField> = {};
  for (const field of Object.keys(recorded) as PlaceField[]) {
    if (place[field] !== undefined) origins[field] = origin;
    else if (recorded[field] !== undefined) leftOut[field] = `${recorded[field]}, ${origin}`;
  }
  if (place.countryCode && place.country) origins.country = "CLDR, by country_code";
  if (place.continentCode && place.continent) origins.continent = "CLDR, by continent_code";
  if (place.timezoneName !== undefined) origins.timezoneName = zoneOrigin(place, recorded, origin);
  return { facts: place, origins, leftOut };
}

function zoneOrigin(place: Place, { timezoneName }: Place, origin: string): string {
  const source = zoneSource({ ...place, timezoneName });
  if (source === "record") return origin;
  return source === "coordinates" ? "by latitude and longitude" : "by country_code: its only time";
}

function withRegistered(place: Found, registered: Found | undefined): Found {
  const code = registered?.facts.registeredCountryCode;
  if (code === undefined || place.facts.registeredCountryCode !== undefined) return place;
  const registeredCountryCode = registered?.origins.registeredCountryCode;
  return {
    ...place,
    facts: { ...place.facts, registeredCountryCode: code },
    origins: { ...place.origins, ...(registeredCountryCode && { registeredCountryCode }) },
  };
}

/** A place with what an override says, whose name is `origin`. */
export function traceOverride(
  record: TracedPlace,
  override: Override,
  origin: string,
): TracedPlace {
  const isKnown = Object.values(record.facts).some((value) => value !== undefined);
  const before = isKnown ? record.facts : undefined;
  const facts = overridePlace(before, override, "en");
  const isElsewhere = otherCountry(before, override.place) !== undefined;
  const origins: Origins<PlaceField> = {};
  for (const field of Object.keys(facts) as PlaceField[]) {
    const isSaid = Object.hasOwn(override.place, field) || Object.hasOwn(override.names, field);
    const isOfRecord = !isElsewhere && facts[field] === before?.[field];
    const recorded = isOfRecord ? record.origins[field] : undefined;
    const by = field === "timezoneName" ? "by the place of" : "by the codes of";
    origins[field] = isSaid ? origin : (recorded ?? `${by} ${origin}`);
  }
  return { facts, origins, leftOut: {}, prefixLength: record.prefixLength };
}
