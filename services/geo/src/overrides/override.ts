import type { Connection, Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { countryName } from "../derived/country-name.ts";
import type { Language } from "../layers/languages.ts";
import type { Place } from "../layers/place.ts";

/** The fields that have a name in each language. */
export const NAME_FIELDS = ["city", "region", "country", "continent"] as const;

/** A field with a name in each language. */
export type NameField = (typeof NAME_FIELDS)[number];

/** A name by language; a language that is missing has the English one. */
export type Names = Readonly<Partial<Record<Language, string>>> & { readonly en: string };

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
 * whole place, so that all place fields are of one country, whose name is that of CLDR if the override has none.
 */
export function overridePlace(
  record: Place | undefined,
  { place, names }: Override,
  language: Language,
): Place {
  const { countryCode } = place;
  const isElsewhere = countryCode !== undefined && countryCode !== record?.countryCode;
  const base = isElsewhere ? { country: countryName(countryCode, language) } : record;
  const named: Partial<Place> = {};
  for (const field of NAME_FIELDS) {
    const byLanguage = names[field];
    if (byLanguage !== undefined) named[field] = byLanguage[language] ?? byLanguage.en;
  }
  return { ...base, ...place, ...named };
}
