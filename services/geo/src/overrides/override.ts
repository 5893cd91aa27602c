import type { Connection, Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { continentOf } from "../derived/country-facts.ts";
import { continentName, countryName, inAllLanguages } from "../derived/country-name.ts";
import type { Language } from "../layers/languages.ts";
import {
  type LanguageNames,
  NAME_FIELDS,
  type NameField,
  type Place,
  type PlaceNames,
} from "../layers/place.ts";
import { zoneOfPlace } from "../layers/zone-of-place.ts";

/** A name by language; a language that is missing has the English one. */
export type Names = LanguageNames & { readonly en: string };

/** What an operator says about a block of addresses. A field that is present but `undefined` becomes unknown. */
export interface Override {
  readonly place: Partial<Place>;
  /** Names that differ between languages. */
  readonly names: Readonly<Partial<Record<NameField, Names>>>;
  readonly connection: Partial<Connection>;
  readonly security: Partial<Security>;
}

/**
 * The place of a record with the fields of an override in a language. An override that names another country replaces the
 * whole place, so that all place fields are of one country. If the override has none, its name and its continent are those of CLDR, and
 * its time zone is that of its coordinates, or of a country of one time. Within the country of the record, coordinates give the zone too.
 */
export function overridePlace(
  record: Place | undefined,
  { place, names }: Override,
  language: Language,
): Place {
  const elsewhere = otherCountry(record, place);
  const base = elsewhere ? undefined : record;
  const named: Partial<Place> = {};
  for (const field of NAME_FIELDS) {
    const byLanguage = names[field];
    if (byLanguage !== undefined) named[field] = byLanguage[language] ?? byLanguage.en;
  }
  const answer = { ...base, ...fromCodes(elsewhere, place, language), ...place, ...named };
  const timezoneName = Object.hasOwn(place, "timezoneName")
    ? place.timezoneName
    : (zoneOfOverride(answer, place, elsewhere) ?? base?.timezoneName);
  return { ...answer, timezoneName };
}

/** Undefined if neither another country nor the coordinates of the override tell. */
function zoneOfOverride(
  answer: Place,
  { latitude, longitude, accuracyRadiusKm }: Partial<Place>,
  elsewhere: string | undefined,
): string | undefined {
  const isMoved = latitude !== undefined && longitude !== undefined;
  if (!isMoved && elsewhere === undefined) return undefined;
  // The zone and the radius of the record were those of its own coordinates.
  return zoneOfPlace({ ...answer, timezoneName: undefined, accuracyRadiusKm });
}

/** What `overridePlace` calls the fields of the same record in all languages. A single text is the English name. */
export function overrideNames(
  record: Place | undefined,
  recordNames: PlaceNames,
  { place, names }: Override,
): PlaceNames {
  const elsewhere = otherCountry(record, place);
  const base = elsewhere ? undefined : recordNames;
  const named: Partial<Record<NameField, LanguageNames | undefined>> = {};
  for (const field of NAME_FIELDS) {
    const text = place[field];
    if (Object.hasOwn(place, field)) named[field] = text === undefined ? undefined : { en: text };
    if (names[field] !== undefined) named[field] = names[field];
  }
  return { ...base, ...namesFromCodes(elsewhere, place), ...named };
}

/** The country of an override that names another one than the record. */
export function otherCountry(record: Place | undefined, { countryCode }: Partial<Place>) {
  return countryCode === record?.countryCode ? undefined : countryCode;
}

/** What follows from the codes of an override: those of another country, if there is one, and of a continent. */
function fromCodes(elsewhere: string | undefined, place: Partial<Place>, language: Language) {
  const continentCode = place.continentCode ?? continentOf(elsewhere);
  return {
    ...(elsewhere && { country: countryName(elsewhere, language) }),
    ...(continentCode && { continentCode, continent: continentName(continentCode, language) }),
  };
}

/** The names of what follows from the codes of an override. */
function namesFromCodes(elsewhere: string | undefined, place: Partial<Place>): PlaceNames {
  const continentCode = place.continentCode ?? continentOf(elsewhere);
  return {
    ...(elsewhere && { country: inAllLanguages(countryName, elsewhere) }),
    ...(continentCode && { continent: inAllLanguages(continentName, continentCode) }),
  };
}
