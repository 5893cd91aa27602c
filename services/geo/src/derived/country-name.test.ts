import { hash } from "node:crypto";
import { LANGUAGES } from "@geomesh/terms/languages";
import { countries } from "countries-list";
import { expect, test } from "vitest";
import { continentName, countryName, inAllLanguages } from "./country-name.ts";

const CODES = Object.keys(countries).sort();
const CONTINENTS = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"];

/** A short text that is another one where any name is. */
function digest(language: (typeof LANGUAGES)[number]): string {
  const names = [
    ...CODES.map((code) => `${code} ${countryName(code, language)}`),
    ...CONTINENTS.map((code) => `${code} ${continentName(code, language)}`),
  ];
  return hash("sha256", names.join("\n"), "hex").slice(0, 8);
}

test("names are those of CLDR 48: where this fails, ICU brings other ones, which the changelog has to tell", () => {
  expect(Object.fromEntries(LANGUAGES.map((language) => [language, digest(language)]))).toEqual({
    ...{ de: "0df59946", en: "0e51484a", es: "1a18ce1e", fr: "7770aa2f" },
    ...{ ja: "f60ab286", "pt-BR": "d1959ed1", ru: "66c2dfd8", "zh-CN": "684bdcc1" },
  });
});

test("every country and continent has a name in every language", () => {
  const unnamed = LANGUAGES.flatMap((language) => [
    ...CODES.filter((code) => countryName(code, language) === undefined),
    ...CONTINENTS.filter((code) => continentName(code, language) === undefined),
  ]);
  expect(unnamed).toEqual([]);
});

test("codes that are not assigned have no name", () => {
  expect([countryName("QQ", "en"), continentName("XX", "en"), continentName("150", "en")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  [
    "HK",
    ["Hong Kong", "Hongkong", "Hong Kong", "Hong Kong", "香港", "Hong Kong", "Гонконг", "香港"],
  ],
  ["MO", ["Macao", "Macau", "Macao", "Macao", "マカオ", "Macau", "Макао", "澳门"]],
  [
    "PS",
    [
      ...["Palestine", "Palästina", "Palestina", "Palestine"],
      ...["パレスチナ", "Palestina", "Палестина", "巴勒斯坦"],
    ],
  ],
])("%s has its short name, which names no other state", (code, expected) => {
  const names = inAllLanguages(countryName, code);
  expect(LANGUAGES.map((language) => names[language])).toEqual(expected);
});

test.each([
  ["CD", "ru", "Конго - Киншаса"],
  ["CD", "zh-CN", "刚果（金）"],
  ["SZ", "ja", "エスワティニ"],
  ["MK", "zh-CN", "北马其顿"],
  ["MK", "pt-BR", "Macedônia do Norte"],
  ["DO", "es", "República Dominicana"],
  ["ZW", "es", "Zimbabue"],
  ["VG", "es", "Islas Vírgenes Británicas"],
] as const)("%s in %s is %s", (code, language, name) => {
  expect(countryName(code, language)).toBe(name);
});
