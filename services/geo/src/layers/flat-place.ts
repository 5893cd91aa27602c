import type { DataSection } from "../mmdb/data-section.ts";
import type { Place } from "./place.ts";

/** Reads places from records without nested maps, those of ip-location-db and IPinfo. */
export class FlatPlaceReader {
  readonly #data: DataSection;

  constructor(data: DataSection) {
    this.#data = data;
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
      postalCode: this.#text(record, "postal_code", "postcode"),
      country: country.name,
      countryCode: country.code,
      countryGeonameId: undefined,
      countryIsEu: undefined,
      registeredCountryCode: undefined,
      continent: continent.name,
      continentCode: continent.code,
      continentGeonameId: undefined,
      latitude: this.#number(record, "latitude", "lat"),
      longitude: this.#number(record, "longitude", "lng"),
      accuracyRadiusKm: undefined,
      timezoneName: this.#text(record, "timezone"),
    };
    return Object.values(place).some((value) => value !== undefined) ? place : undefined;
  };

  /** Some publishers write the code under `country` and the name under `country_name`, others the name and `country_code`. */
  #named(record: number, key: string): { name: string | undefined; code: string | undefined } {
    const plain = this.#text(record, key);
    const isCode = plain !== undefined && /^[A-Z]{2}$/.test(plain);
    return {
      code: this.#text(record, `${key}_code`) ?? (isCode ? plain : undefined),
      name: this.#text(record, `${key}_name`) ?? (isCode ? undefined : plain),
    };
  }

  #text(record: number, ...keys: string[]): string | undefined {
    for (const key of keys) {
      const text = this.#data.text(this.#data.find(record, key));
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #number(record: number, ...keys: string[]): number | undefined {
    for (const key of keys) {
      const at = this.#data.find(record, key);
      const number = this.#data.number(at) ?? Number.parseFloat(this.#data.text(at) ?? "");
      if (Number.isFinite(number)) return number;
    }
    return undefined;
  }
}
