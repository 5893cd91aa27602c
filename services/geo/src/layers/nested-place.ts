import { ABSENT, type DataSection } from "../mmdb/data-section.ts";
import { MapReader } from "../mmdb/map-reader.ts";
import { LANGUAGES, type Language } from "./languages.ts";
import type { Place } from "./place.ts";

interface Named {
  name: string | undefined;
  code: string | undefined;
  geonameId: number | undefined;
  isEu: boolean;
}

const UNNAMED: Named = { name: undefined, code: undefined, geonameId: undefined, isEu: false };

const RECORD_KEYS = [
  "city",
  "continent",
  "country",
  "location",
  "postal",
  "registered_country",
  "subdivisions",
] as const;
const NAMED_KEYS = ["code", "geoname_id", "is_in_european_union", "iso_code", "names"] as const;
const LOCATION_KEYS = ["accuracy_radius", "latitude", "longitude", "time_zone"] as const;

/** Reads places from records with nested maps, those of MaxMind's City, Country and Enterprise, and of DB-IP. */
export class NestedPlaceReader {
  readonly #data: DataSection;
  readonly #record: MapReader<(typeof RECORD_KEYS)[number]>;
  readonly #name: MapReader<(typeof NAMED_KEYS)[number]>;
  readonly #names: MapReader<Language>;
  readonly #location: MapReader<(typeof LOCATION_KEYS)[number]>;
  readonly #shared: Map<Language, Map<number, Named>> = new Map();

  constructor(data: DataSection) {
    this.#data = data;
    this.#record = new MapReader(data, RECORD_KEYS);
    this.#name = new MapReader(data, NAMED_KEYS);
    this.#names = new MapReader(data, LANGUAGES);
    this.#location = new MapReader(data, LOCATION_KEYS);
  }

  /** The place of the record at an offset; undefined if the record names no place. */
  readonly read = (record: number, language: Language): Place | undefined => {
    const data = this.#data;
    const at = this.#record.read(record);
    const location = this.#location.read(at.location);
    const city = this.#readNamed(at.city, language);
    const continent = this.#readShared(at.continent, language);
    const country = this.#readShared(at.country, language);
    const region = this.#readShared(data.first(at.subdivisions), language);
    const registered = this.#readShared(at.registered_country, language);
    const latitude = data.number(location.latitude);
    const isEmpty = [continent, country, registered, region, city].every(
      (part) => part === UNNAMED,
    );
    if (isEmpty && latitude === undefined) return undefined;
    return {
      city: city.name,
      cityGeonameId: city.geonameId,
      region: region.name,
      regionIsoCode: region.code,
      regionGeonameId: region.geonameId,
      postalCode: data.text(data.find(at.postal, "code")),
      country: country.name,
      countryCode: country.code,
      countryGeonameId: country.geonameId,
      countryIsEu: country.code === undefined ? undefined : country.isEu,
      registeredCountryCode: registered.code,
      continent: continent.name,
      continentCode: continent.code,
      continentGeonameId: continent.geonameId,
      latitude,
      longitude: data.number(location.longitude),
      accuracyRadiusKm: data.number(location.accuracy_radius),
      timezoneName: data.text(location.time_zone),
    };
  };

  /** Countries, continents and regions are few and reached by pointers: each is read once a language. */
  #readShared(offset: number, language: Language): Named {
    let shared = this.#shared.get(language);
    if (shared === undefined) {
      shared = new Map();
      this.#shared.set(language, shared);
    }
    let named = shared.get(offset);
    if (named === undefined) {
      named = this.#readNamed(offset, language);
      shared.set(offset, named);
    }
    return named;
  }

  #readNamed(offset: number, language: Language): Named {
    if (offset === ABSENT) return UNNAMED;
    const data = this.#data;
    const at = this.#name.read(offset);
    const names = this.#names.read(at.names);
    return {
      name: data.text(names[language]) ?? data.text(names.en),
      code: data.text(at.iso_code) ?? data.text(at.code),
      geonameId: data.number(at.geoname_id),
      isEu: data.boolean(at.is_in_european_union) ?? false,
    };
  }
}
