import { continentOf } from "../derived/country-facts.ts";
import { continentName, countryName, inAllLanguages } from "../derived/country-name.ts";
import { ABSENT, type DataSection } from "../mmdb/data-section.ts";
import type { FieldReader } from "./field-reader.ts";
import type { Language } from "./languages.ts";
import { type LanguageNames, NAME_FIELDS, type Place, type PlaceNames } from "./place.ts";
import { withoutCountry } from "./subdivision-code.ts";

/** What a country or continent is called. */
interface Named {
  readonly name: string | undefined;
  readonly code: string | undefined;
}

const UNNAMED: Named = { name: undefined, code: undefined };

/** Reads places from records without nested maps, those of ip-location-db and IPinfo. */
export class FlatPlaceReader {
  readonly #data: DataSection;
  readonly #fields: FieldReader;

  constructor(data: DataSection, fields: FieldReader) {
    this.#data = data;
    this.#fields = fields;
  }

  /**
   * The place of the record at an offset; undefined if the record names no place. Country and continent are called as in CLDR, the
   * rest in the one language of the file.
   */
  readonly read = (record: number, language: Language): Place | undefined => {
    const country = this.#named(record, "country");
    const continent = this.#named(record, "continent");
    const continentCode = continent.code ?? continentOf(country.code);
    const place: Place = {
      city: this.#text(record, "city"),
      cityGeonameId: undefined,
      region: this.#text(record, "region", "state1"),
      regionIsoCode: withoutCountry(this.#text(record, "region_code"), country.code),
      regionGeonameId: undefined,
      subregion: this.#text(record, "state2"),
      subregionIsoCode: undefined,
      subregionGeonameId: undefined,
      postalCode: this.#text(record, "postal_code", "postcode"),
      metroCode: undefined,
      country: (country.code && countryName(country.code, language)) ?? country.name,
      countryCode: country.code,
      countryGeonameId: undefined,
      countryIsEu: undefined,
      registeredCountryCode: undefined,
      continent: (continentCode && continentName(continentCode, language)) ?? continent.name,
      continentCode,
      continentGeonameId: undefined,
      latitude: this.#degrees(record, "latitude", "lat"),
      longitude: this.#degrees(record, "longitude", "lng"),
      accuracyRadiusKm: undefined,
      timezoneName: this.#text(record, "timezone"),
    };
    return Object.values(place).some((value) => value !== undefined) ? place : undefined;
  };

  /** The names of that place: those files are in English, and CLDR is in all languages. */
  readonly names = (record: number): PlaceNames => {
    const place = this.read(record, "en");
    const { countryCode, continentCode } = place ?? {};
    const names: Partial<Record<(typeof NAME_FIELDS)[number], LanguageNames>> = {};
    for (const field of NAME_FIELDS) {
      const name = place?.[field];
      if (name !== undefined) names[field] = { en: name };
    }
    if (countryCode !== undefined) names.country = inAllLanguages(countryName, countryCode);
    if (continentCode !== undefined) names.continent = inAllLanguages(continentName, continentCode);
    return names;
  };

  /** Some publishers write the code under `country` and the name under `country_name`, others the name and `country_code`. */
  #named(record: number, key: "country" | "continent"): Named {
    const fields = this.#fields;
    const plainAt = this.#data.find(record, key);
    const isCode = /^[A-Za-z]{2}$/.test(this.#data.text(plainAt) ?? "");
    const ownCodeAt = this.#data.find(record, `${key}_code`);
    const codeAt = ownCodeAt === ABSENT && isCode ? plainAt : ownCodeAt;
    const code = fields[`${key}Code`](codeAt);
    // The name that stands beside the code of no country is not that of a country.
    if (code === undefined && codeAt !== ABSENT) return UNNAMED;
    return {
      code,
      name: this.#text(record, `${key}_name`) ?? (isCode ? undefined : fields.text(plainAt)),
    };
  }

  #text(record: number, ...keys: string[]): string | undefined {
    for (const key of keys) {
      const text = this.#fields.text(this.#data.find(record, key));
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #degrees(record: number, ...keys: string[]): number | undefined {
    for (const key of keys) {
      const number = this.#fields.degrees(this.#data.find(record, key));
      if (number !== undefined) return number;
    }
    return undefined;
  }
}
