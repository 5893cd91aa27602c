import type { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Language } from "./languages.ts";

type PlaceField =
  | "city"
  | "cityGeonameId"
  | "region"
  | "regionIsoCode"
  | "regionGeonameId"
  | "subregion"
  | "subregionIsoCode"
  | "subregionGeonameId"
  | "postalCode"
  | "metroCode"
  | "country"
  | "countryCode"
  | "countryGeonameId"
  | "countryIsEu"
  | "registeredCountryCode"
  | "continent"
  | "continentCode"
  | "continentGeonameId"
  | "latitude"
  | "longitude"
  | "accuracyRadiusKm";

/** Where an address is, as one record says it in one language. */
export type Place = Pick<Location, PlaceField> & { timezoneName?: string | undefined };

/** Whether a place is one: where a network is registered says nothing about where its addresses are. */
export function namesPlace(place: Place): boolean {
  if (place.countryCode !== undefined) return true;
  return Object.entries(place).some(
    ([field, value]) => value !== undefined && field !== "registeredCountryCode",
  );
}

/** The fields that have a name in each language. */
export const NAME_FIELDS = ["city", "region", "subregion", "country", "continent"] as const;

/** A field with a name in each language. */
export type NameField = (typeof NAME_FIELDS)[number];

/** The name of one thing by language. */
export type LanguageNames = Readonly<Partial<Record<Language, string>>>;

/** What the fields of a place are called, in all languages that its record has. */
export type PlaceNames = Readonly<Partial<Record<NameField, LanguageNames | undefined>>>;
