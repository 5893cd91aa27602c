import { expect, test } from "vitest";
import { composerOf, locate } from "../testing/locate.ts";
import type { MmdbValue } from "../testing/mmdb-values.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { VARIED_BLOCKS, variedDatasets } from "../testing/varied-datasets.ts";

const COUNTY = { names: { en: "Greater London", ru: "Большой Лондон" } };
const CITY = { ...RECORDS.city, subdivisions: [...RECORDS.city.subdivisions, COUNTY] };
const NONE = { city: {}, region: {}, subregion: {}, country: {}, continent: {} };

function namesOf(record: MmdbValue, ...overrides: object[]) {
  const lines = overrides.map((fields) => JSON.stringify({ network: "1.0.0.0/8", ...fields }));
  const files = { "any.mmdb": writeMmdb({ "1.0.0.0/8": record, "2.0.0.0/8": RECORDS.city }) };
  const composer = composerOf(files, { overrides: lines.join("\n") });
  return locate(composer, "1.2.3.4", "ja", true).names;
}

/** What CLDR calls them, which no record here does. */
const UNITED_KINGDOM = {
  ...{ de: "Vereinigtes Königreich", en: "United Kingdom", es: "Reino Unido", fr: "Royaume-Uni" },
  ...{ ja: "イギリス", "pt-BR": "Reino Unido", ru: "Великобритания", "zh-CN": "英国" },
};
const EUROPE = {
  ...{ de: "Europa", en: "Europe", es: "Europa", fr: "Europe", ja: "ヨーロッパ" },
  ...{ "pt-BR": "Europa", ru: "Европа", "zh-CN": "欧洲" },
};
const CITY_NAMES = {
  city: { de: "London", en: "London", fr: "Londres" },
  region: { en: "England" },
  subregion: { en: "Greater London", ru: "Большой Лондон" },
  country: UNITED_KINGDOM,
  continent: EUROPE,
};

test("names are those that the dataset has, and CLDR for country and continent, whatever language is asked for", () => {
  expect(namesOf(CITY)).toEqual(CITY_NAMES);
});

test.each<[why: string, record: MmdbValue, names: object | undefined]>([
  [
    "a record without a city",
    RECORDS.country,
    { ...NONE, country: expect.objectContaining({ ja: "ドイツ" }), continent: EUROPE },
  ],
  [
    "a language that geo does not know",
    { ...CITY, city: { names: { en: "London", tlh: "x" } } },
    { ...CITY_NAMES, city: { en: "London" } },
  ],
  [
    "no English name",
    { ...CITY, city: { names: { de: "London" } } },
    { ...CITY_NAMES, city: { de: "London" } },
  ],
  [
    "a name that says unknown",
    { ...CITY, city: { names: { en: "-", de: "London" } } },
    { ...CITY_NAMES, city: { de: "London" } },
  ],
  [
    "a name that is a number",
    { ...CITY, city: { names: { en: 7, de: "London" } } },
    { ...CITY_NAMES, city: { de: "London" } },
  ],
  [
    "a name of 1,001 bytes",
    { ...CITY, city: { names: { en: "y".repeat(1001) } } },
    { ...CITY_NAMES, city: {} },
  ],
  [
    "the name beside the code of no country",
    { ...CITY, subdivisions: [], country: { iso_code: "EU", names: { en: "Europe" } } },
    { ...CITY_NAMES, region: {}, subregion: {}, country: {} },
  ],
  [
    "a country without a continent",
    { country: { iso_code: "JP", names: { en: "Nippon" } } },
    {
      ...NONE,
      country: expect.objectContaining({ en: "Japan", ja: "日本" }),
      continent: expect.objectContaining({ en: "Asia", ru: "Азия" }),
    },
  ],
  [
    "a country without a code",
    { country: { names: { en: "Oz", de: "Unland" } }, continent: { names: { en: "Else" } } },
    { ...NONE, country: { en: "Oz", de: "Unland" }, continent: { en: "Else" } },
  ],
  [
    "a region without a country",
    { city: CITY.city, subdivisions: CITY.subdivisions },
    { ...NONE, city: CITY_NAMES.city },
  ],
  ["a place without a name", { location: { latitude: 1.5, longitude: 1.5 } }, undefined],
])("names of %s", (_why, record, names) => {
  const others = Array.from({ length: 40 }, (_, n): [string, MmdbValue] => [
    `3.${n}.0.0/16`,
    { ...RECORDS.country, postal: { code: `P${n}` } },
  ]);
  const file = writeMmdb({ ...Object.fromEntries(others), "1.0.0.0/8": record });
  expect(locate(composerOf({ "any.mmdb": file }), "1.2.3.4", "en", true).names).toEqual(names);
});

test("the names of a flat record are English, and CLDR's for country and continent", () => {
  const record = { ...RECORDS.flatCity, state2: "Inner West", country_name: "Australia" };
  const composer = composerOf({ "any.mmdb": writeMmdb({ "1.0.0.0/8": record }) });
  expect(locate(composer, "1.2.3.4", "de", true).names).toEqual({
    city: { en: "Sydney" },
    region: { en: "New South Wales" },
    subregion: { en: "Inner West" },
    country: {
      ...{ de: "Australien", en: "Australia", es: "Australia", fr: "Australie" },
      ...{ ja: "オーストラリア", "pt-BR": "Austrália", ru: "Австралия", "zh-CN": "澳大利亚" },
    },
    continent: {
      ...{ de: "Ozeanien", en: "Oceania", es: "Oceanía", fr: "Océanie", ja: "オセアニア" },
      ...{ "pt-BR": "Oceania", ru: "Океания", "zh-CN": "大洋洲" },
    },
  });
});

test("a special-purpose address and one without a place have no names", () => {
  const composer = composerOf({ "any.mmdb": writeMmdb({ "1.0.0.0/8": CITY }) });
  expect(["10.1.1.1", "9.9.9.9"].map((text) => locate(composer, text, "en", true).names)).toEqual([
    undefined,
    undefined,
  ]);
});

test.each<[why: string, override: object, names: object]>([
  ["one text, which is English", { city: "Camden" }, { ...CITY_NAMES, city: { en: "Camden" } }],
  [
    "texts by language",
    { subregion: { en: "Camden", ja: "カムデン" } },
    { ...CITY_NAMES, subregion: { en: "Camden", ja: "カムデン" } },
  ],
  ["null", { city: null, region: null }, { ...CITY_NAMES, city: {}, region: {} }],
  ["the country of the record", { country_code: "GB" }, CITY_NAMES],
  [
    "another country, which CLDR names in all languages",
    { country_code: "HK" },
    {
      ...NONE,
      country: {
        ...{ en: "Hong Kong", de: "Hongkong", es: "Hong Kong", fr: "Hong Kong", ja: "香港" },
        ...{ "pt-BR": "Hong Kong", ru: "Гонконг", "zh-CN": "香港" },
      },
      continent: expect.objectContaining({ en: "Asia", de: "Asien" }),
    },
  ],
  [
    "another country with a name",
    { country_code: "DE", country: "Deutschland" },
    { ...NONE, country: { en: "Deutschland" }, continent: EUROPE },
  ],
])("the names of an override with %s", (_why, override, names) => {
  expect(namesOf(CITY, override)).toEqual(names);
});

test("an override may set a subregion and a metro code", () => {
  const fields = { subregion: "Polk", subregion_iso_code: "153", subregion_geoname_id: 4871878 };
  const override = JSON.stringify({ network: "1.0.0.0/8", metro_code: 679, ...fields });
  const composer = composerOf(
    { "any.mmdb": writeMmdb({ "2.0.0.0/8": CITY }) },
    { overrides: override },
  );
  expect(locate(composer, "1.2.3.4")).toMatchObject({
    subregion: "Polk",
    subregionIsoCode: "153",
    subregionGeonameId: 4871878,
    metroCode: 679,
  });
});

test("what is asked for without names is the same before, between and after answers with them", () => {
  const addresses = Array.from({ length: VARIED_BLOCKS }, (_, n) => `1.${n}.2.3`);
  const all = (composer: ReturnType<typeof composerOf>, withNames: boolean) =>
    addresses.map((text) => locate(composer, text, "fr", withNames));
  const composer = composerOf(variedDatasets(1));
  const before = all(composer, false);
  const named = all(composer, true);
  expect(all(composer, false)).toEqual(before);
  expect(all(composer, true)).toEqual(named);
  expect(named.map(({ names, countryFacts, ...rest }) => rest)).toEqual(before);
  expect(named.filter(({ names }) => names !== undefined).length).toBeGreaterThan(30);
});

test("a composer that forgets its parts on the way answers the same names", () => {
  const addresses = Array.from({ length: VARIED_BLOCKS }, (_, n) => `1.${n}.2.3`);
  const [roomy, tight] = [{}, { partsMax: 7 }].map((options) => {
    const composer = composerOf(variedDatasets(1), options);
    return addresses.map((text) => locate(composer, text, "en", true));
  });
  expect(tight).toEqual(roomy);
});
