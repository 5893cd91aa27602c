import { ABSENT, type DataSection } from "../mmdb/data-section.ts";
import type { FieldReader } from "./field-reader.ts";
import { NAME_FIELDS, type Place, type PlaceNames } from "./place.ts";

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

  /** The place of the record at an offset, in the one language of the file; undefined if the record names no place. */
  readonly read = (record: number): Place | undefined => {
    const country = this.#named(record, "country");
    const continent = this.#named(record, "continent");
    const place: Place = {
      city: this.#text(record, "city"),
      cityGeonameId: undefined,
      region: this.#text(record, "region", "state1"),
      regionIsoCode: this.#text(record, "region_code"),
      regionGeonameId: undefined,
      subregion: this.#text(record, "state2"),
      subregionIsoCode: undefined,
      subregionGeonameId: undefined,
      postalCode: this.#text(record, "postal_code", "postcode"),
      metroCode: undefined,
      country: country.name,
      countryCode: country.code,
      countryGeonameId: undefined,
      countryIsEu: undefined,
      registeredCountryCode: undefined,
      continent: continent.name,
      continentCode: continent.code,
      continentGeonameId: undefined,
      latitude: this.#degrees(record, "latitude", "lat"),
      longitude: this.#degrees(record, "longitude", "lng"),
      accuracyRadiusKm: undefined,
      timezoneName: this.#text(record, "timezone"),
    };
    return Object.values(place).some((value) => value !== undefined) ? place : undefined;
  };

  /** The names of that place: those files are in English. */
  readonly names = (record: number): PlaceNames => {
    const place = this.read(record);
    const named = NAME_FIELDS.flatMap((field): [string, { en: string }][] => {
      const name = place?.[field];
      return name === undefined ? [] : [[field, { en: name }]];
    });
    return Object.fromEntries(named);
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
