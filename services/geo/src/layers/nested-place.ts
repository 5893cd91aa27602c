import { LANGUAGES } from "@geomesh/terms/languages";
import { continentOf } from "../derived/country-facts.ts";
import { continentName, countryName, inAllLanguages } from "../derived/country-name.ts";
import { ABSENT, type DataSection } from "../mmdb/data-section.ts";
import { MapReader } from "../mmdb/map-reader.ts";
import type { FieldReader } from "./field-reader.ts";
import type { Language } from "./languages.ts";
import type { LanguageNames, Place, PlaceNames } from "./place.ts";
import { withoutCountry } from "./subdivision-code.ts";

interface Named {
  name: string | undefined;
  code: string | undefined;
  geonameId: number | undefined;
  isEu: boolean;
  /** How many of its values cannot be right. */
  unusable: number;
}

/** What a code must be. */
type CodeKind = "countryCode" | "continentCode" | "text";

/** What was read once, by language and offset. */
type Shared = Map<Language, Map<number, Named>>;

const UNNAMED: Named = {
  name: undefined,
  code: undefined,
  geonameId: undefined,
  isEu: false,
  unusable: 0,
};

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
const LOCATION_KEYS = [
  "accuracy_radius",
  "latitude",
  "longitude",
  "metro_code",
  "time_zone",
] as const;
const NO_NAMES: LanguageNames = {};

/** What CLDR calls a thing with a code, whatever the record calls it. */
const NAMES_OF_CODES = {
  countryCode: countryName,
  continentCode: continentName,
  text: () => undefined,
} satisfies Record<CodeKind, typeof countryName>;

/** Where the values of a named thing are. */
type NamedAt = Readonly<Record<(typeof NAMED_KEYS)[number], number>>;

/** Reads places from records with nested maps, those of MaxMind's City, Country and Enterprise, and of DB-IP. */
export class NestedPlaceReader {
  readonly #data: DataSection;
  readonly #fields: FieldReader;
  readonly #record: MapReader<(typeof RECORD_KEYS)[number]>;
  readonly #name: MapReader<(typeof NAMED_KEYS)[number]>;
  readonly #names: MapReader<Language>;
  readonly #location: MapReader<(typeof LOCATION_KEYS)[number]>;
  readonly #shared: Readonly<Record<CodeKind, Shared>> = {
    countryCode: new Map(),
    continentCode: new Map(),
    text: new Map(),
  };
  /** By offset, as they are few too. */
  readonly #sharedNames: Readonly<Record<CodeKind, Map<number, LanguageNames>>> = {
    countryCode: new Map(),
    continentCode: new Map(),
    text: new Map(),
  };

  constructor(data: DataSection, fields: FieldReader) {
    this.#data = data;
    this.#fields = fields;
    this.#record = new MapReader(data, RECORD_KEYS);
    this.#name = new MapReader(data, NAMED_KEYS);
    this.#names = new MapReader(data, LANGUAGES);
    this.#location = new MapReader(data, LOCATION_KEYS);
  }

  /**
   * The place of the record at an offset; undefined if the record names no place. One that says nothing but where its network is
   * registered has the code of that country alone.
   */
  readonly read = (record: number, language: Language): Place | undefined => {
    const [data, fields] = [this.#data, this.#fields];
    const at = this.#record.read(record);
    const location = this.#location.read(at.location);
    fields.expectMap(at.location);
    const city = this.#readNamed(at.city, language, "text");
    const country = this.#readShared(at.country, language, "countryCode");
    const continent = this.#continent(at.continent, country, language);
    const region = this.#readShared(data.element(at.subdivisions, 0), language, "text");
    const subregion = this.#readShared(data.element(at.subdivisions, 1), language, "text");
    const registered = this.#readShared(at.registered_country, language, "countryCode");
    const latitude = fields.degrees(location.latitude);
    const parts = [continent, country, region, subregion, city];
    if (latitude === undefined && parts.every(isUnnamed)) {
      return registered.code === undefined ? undefined : { registeredCountryCode: registered.code };
    }
    return {
      city: city.name,
      cityGeonameId: city.geonameId,
      region: region.name,
      regionIsoCode: withoutCountry(region.code, country.code),
      regionGeonameId: region.geonameId,
      subregion: subregion.name,
      subregionIsoCode: withoutCountry(subregion.code, country.code),
      subregionGeonameId: subregion.geonameId,
      postalCode: this.#postalCode(at.postal),
      metroCode: fields.count(location.metro_code),
      country: country.name,
      countryCode: country.code,
      countryGeonameId: country.geonameId,
      countryIsEu: country.code === undefined ? undefined : country.isEu,
      registeredCountryCode: registered.code,
      continent: continent.name,
      continentCode: continent.code,
      continentGeonameId: continent.geonameId,
      latitude,
      longitude: fields.degrees(location.longitude),
      accuracyRadiusKm: fields.radiusKm(location.accuracy_radius),
      timezoneName: fields.text(location.time_zone),
    };
  };

  /** What that place is called in each language. */
  readonly names = (record: number): PlaceNames => {
    const data = this.#data;
    const at = this.#record.read(record);
    const country = this.#readShared(at.country, "en", "countryCode");
    const { code } = this.#continent(at.continent, country, "en");
    return {
      city: this.#readNames(at.city, "text"),
      region: this.#sharedNamesOf(data.element(at.subdivisions, 0), "text"),
      subregion: this.#sharedNamesOf(data.element(at.subdivisions, 1), "text"),
      country: this.#sharedNamesOf(at.country, "countryCode"),
      continent:
        code === undefined
          ? this.#sharedNamesOf(at.continent, "continentCode")
          : inAllLanguages(continentName, code),
    };
  };

  /** Where a record has no code of a continent, it is that of its country. */
  #continent(offset: number, country: Named, language: Language): Named {
    const continent = this.#readShared(offset, language, "continentCode");
    const code = continent.code === undefined ? continentOf(country.code) : undefined;
    if (code === undefined) return continent;
    return { ...continent, code, name: continentName(code, language) ?? continent.name };
  }

  #postalCode(postal: number): string | undefined {
    const code = this.#data.find(postal, "code");
    this.#fields.expectMap(postal);
    return this.#fields.text(code);
  }

  /** Countries, continents and regions are few and reached by pointers: each is read once a language. */
  #readShared(offset: number, language: Language, codeKind: CodeKind): Named {
    let shared = this.#shared[codeKind].get(language);
    if (shared === undefined) {
      shared = new Map();
      this.#shared[codeKind].set(language, shared);
    }
    let named = shared.get(offset);
    if (named === undefined) {
      named = this.#readNamed(offset, language, codeKind);
      shared.set(offset, named);
    } else this.#fields.unusable += named.unusable;
    return named;
  }

  #readNamed(offset: number, language: Language, codeKind: CodeKind): Named {
    if (offset === ABSENT) return UNNAMED;
    const fields = this.#fields;
    const before = fields.unusable;
    const at = this.#name.read(offset);
    fields.expectMap(offset);
    const names = this.#names.read(at.names);
    fields.expectMap(at.names);
    const { code, isNobody } = this.#codeOf(at, codeKind);
    const own = fields.text(names[language]) ?? fields.text(names.en);
    const named = {
      name: (code && NAMES_OF_CODES[codeKind](code, language)) ?? own,
      code,
      geonameId: fields.count(at.geoname_id),
      isEu: fields.boolean(at.is_in_european_union) ?? false,
    };
    const unusable = fields.unusable - before;
    return isNobody ? { ...UNNAMED, unusable } : { ...named, unusable };
  }

  #sharedNamesOf(offset: number, codeKind: CodeKind): LanguageNames {
    const shared = this.#sharedNames[codeKind];
    let names = shared.get(offset);
    if (names === undefined) {
      names = this.#readNames(offset, codeKind);
      shared.set(offset, names);
    }
    return names;
  }

  #readNames(offset: number, codeKind: CodeKind): LanguageNames {
    if (offset === ABSENT) return NO_NAMES;
    const at = this.#name.read(offset);
    const { code, isNobody } = this.#codeOf(at, codeKind);
    if (isNobody) return NO_NAMES;
    if (code !== undefined && codeKind !== "text") {
      return inAllLanguages(NAMES_OF_CODES[codeKind], code);
    }
    const found = this.#names.read(at.names);
    const names: Partial<Record<Language, string>> = {};
    for (const language of LANGUAGES) {
      const name = this.#fields.text(found[language]);
      if (name !== undefined) names[language] = name;
    }
    return names;
  }

  #codeOf({ iso_code, code: ownCode }: NamedAt, codeKind: CodeKind) {
    const codeAt = iso_code === ABSENT ? ownCode : iso_code;
    const code = this.#fields[codeKind](codeAt);
    // The name that stands beside the code of no country is not that of a country.
    const isNobody = codeKind === "countryCode" && code === undefined && codeAt !== ABSENT;
    return { code, isNobody };
  }
}

function isUnnamed({ name, code, geonameId }: Named): boolean {
  return name === undefined && code === undefined && geonameId === undefined;
}
