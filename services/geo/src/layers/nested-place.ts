import type { Language } from "../languages.ts";
import type { DataSection } from "../mmdb/data-section.ts";
import type { Place } from "./place.ts";

type Named = { name: string | undefined; code: string | undefined; geonameId: number | undefined };

const unnamed: Named = { name: undefined, code: undefined, geonameId: undefined };

/** Reads places from MaxMind's nested schema: City, Country, Enterprise, and DB-IP's files of that shape. */
export class NestedPlaceReader {
  readonly #data: DataSection;
  readonly #named: Map<Language, Map<number, Named>> = new Map();

  constructor(data: DataSection) {
    this.#data = data;
  }

  /** The place in the record at an offset; undefined if it names nothing. */
  readonly read = (record: number, language: Language): Place | undefined => {
    const data = this.#data;
    const continent = this.#shared(data.find(record, "continent"), "code", language);
    const countryAt = data.find(record, "country");
    const country = this.#shared(countryAt, "iso_code", language);
    const registered = this.#shared(data.find(record, "registered_country"), "iso_code", language);
    const region = this.#shared(
      data.first(data.find(record, "subdivisions")),
      "iso_code",
      language,
    );
    const city = this.#read(data.find(record, "city"), "code", language);
    const location = data.find(record, "location");
    const latitude = data.number(data.find(location, "latitude"));
    const longitude = data.number(data.find(location, "longitude"));
    const isEmpty = [continent, country, registered, region, city].every(
      (part) => part === unnamed,
    );
    if (isEmpty && latitude === undefined) return undefined;
    return {
      city: city.name,
      cityGeonameId: city.geonameId,
      region: region.name,
      regionIsoCode: region.code,
      regionGeonameId: region.geonameId,
      postalCode: data.text(data.find(data.find(record, "postal"), "code")),
      country: country.name,
      countryCode: country.code,
      countryGeonameId: country.geonameId,
      countryIsEu:
        country.code === undefined
          ? undefined
          : (data.boolean(data.find(countryAt, "is_in_european_union")) ?? false),
      registeredCountryCode: registered.code,
      continent: continent.name,
      continentCode: continent.code,
      continentGeonameId: continent.geonameId,
      latitude,
      longitude,
      accuracyRadiusKm: data.number(data.find(location, "accuracy_radius")),
      timezoneName: data.text(data.find(location, "time_zone")),
    };
  };

  /** Countries, continents and regions are few and stand behind pointers: each is read once a language. */
  #shared(offset: number, codeKey: string, language: Language): Named {
    let known = this.#named.get(language);
    if (known === undefined) {
      known = new Map();
      this.#named.set(language, known);
    }
    let named = known.get(offset);
    if (named === undefined) {
      named = this.#read(offset, codeKey, language);
      known.set(offset, named);
    }
    return named;
  }

  #read(offset: number, codeKey: string, language: Language): Named {
    const data = this.#data;
    if (offset < 0) return unnamed;
    const names = data.find(offset, "names");
    return {
      name: data.text(data.find(names, language)) ?? data.text(data.find(names, "en")),
      code: data.text(data.find(offset, codeKey)),
      geonameId: data.number(data.find(offset, "geoname_id")),
    };
  }
}
