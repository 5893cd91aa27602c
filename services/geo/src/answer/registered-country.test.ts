import { LANGUAGES } from "@geomesh/terms/languages";
import { expect, test } from "vitest";
import { composerOf, inspected, locate } from "../testing/locate.ts";
import type { MmdbValue } from "../testing/mmdb-values.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";

const ONLY_REGISTERED = {
  registered_country: { geoname_id: 2077456, iso_code: "AU", names: { en: "Australia" } },
};

/** A City dataset in which most records are whole, and a Country dataset. */
function datasets(city: MmdbValue, country?: MmdbValue): Record<string, Buffer> {
  const file = (databaseType: string, record: MmdbValue | undefined, other: MmdbValue) =>
    writeMmdb(
      { ...(record !== undefined && { "1.1.1.0/24": record }), "2.0.0.0/8": other },
      { databaseType },
    );
  return {
    "city.mmdb": file("GeoLite2-City", city, RECORDS.city),
    "country.mmdb": file("GeoLite2-Country", country, RECORDS.country),
  };
}

const NO_PLACE = {
  country: undefined,
  countryCode: undefined,
  continent: undefined,
  flag: undefined,
  currency: undefined,
  timezone: undefined,
};

test("a record that knows only where its network is registered has no country, and tells that one", () => {
  const answer = locate(composerOf(datasets(ONLY_REGISTERED)), "1.1.1.1", "en", true);
  expect({ ...NO_PLACE, ...answer }).toMatchObject({ ...NO_PLACE, registeredCountryCode: "AU" });
  expect([answer.names, answer.countryFacts]).toEqual([undefined, undefined]);
});

test.each<[why: string, country: MmdbValue, code: string, registered: string]>([
  ["without a country of registration", RECORDS.country, "DE", "AU"],
  ["with its own", { ...RECORDS.country, ...registeredIn("US") }, "DE", "US"],
  ["with only another one", registeredIn("US"), "", "AU"],
  ["with only a code", { country: { iso_code: "FR" } }, "FR", "AU"],
])("the next dataset, %s, is asked", (_why, country, code, registered) => {
  const composer = composerOf(datasets(ONLY_REGISTERED, country));
  // Twice, as the second answer is made of what the first one left.
  for (const language of [...LANGUAGES, ...LANGUAGES]) {
    const { countryCode = "", registeredCountryCode } = locate(composer, "1.1.1.1", language);
    expect([countryCode, registeredCountryCode]).toEqual([code, registered]);
  }
});

test("the place of the next dataset is not told to be registered there where it is found without", () => {
  const composer = composerOf({
    "city.mmdb": writeMmdb({ "1.1.1.0/24": ONLY_REGISTERED }, { databaseType: "GeoLite2-City" }),
    "country.mmdb": writeMmdb(
      { "1.0.0.0/8": RECORDS.country },
      { databaseType: "GeoLite2-Country" },
    ),
  });
  const codes = ["1.1.1.1", "1.2.2.2", "1.1.1.1"].map(
    (text) => locate(composer, text).registeredCountryCode,
  );
  expect(codes).toEqual(["AU", undefined, "AU"]);
  expect(locate(composer, "1.1.1.1").country).toBe("Germany");
});

test("a composer that forgets its parts on the way answers the same", () => {
  const files = datasets(ONLY_REGISTERED, RECORDS.country);
  const [roomy, tight] = [{}, { partsMax: 1 }].map((options) => {
    const composer = composerOf(files, options);
    return ["1.1.1.1", "2.2.2.2", "1.1.1.1"].map((text) => locate(composer, text, "de", true));
  });
  expect(tight).toEqual(roomy);
});

test.each<[why: string, override: object, expected: object]>([
  ["a country", { country_code: "FR" }, { countryCode: "FR", country: "France" }],
  ["a city alone", { city: "Camp" }, { city: "Camp", countryCode: "DE" }],
  ["no country of registration", { registered_country_code: null }, { countryCode: "DE" }],
])("an override that sets %s is applied to the place that is found", (_why, fields, expected) => {
  const override = JSON.stringify({ network: "1.1.1.0/24", ...fields });
  const composer = composerOf(datasets(ONLY_REGISTERED, RECORDS.country), { overrides: override });
  const answer = locate(composer, "1.1.1.1");
  expect(answer).toMatchObject(expected);
  const isKept = "city" in fields;
  expect(answer.registeredCountryCode).toBe(isKept ? "AU" : undefined);
});

test("no record is taken for contradictory or unusable because of it", () => {
  const { findings } = inspected("city.mmdb", datasets(ONLY_REGISTERED)["city.mmdb"] as Buffer);
  expect(findings).toMatchObject({ unusableRecords: 0, contradictions: { region: 0 } });
});

function registeredIn(code: string) {
  return { registered_country: { iso_code: code } };
}
