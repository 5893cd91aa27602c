import { expect, test } from "vitest";
import { composerOf, locate } from "../testing/locate.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { parseOverrides } from "./parse-overrides.ts";

const city = writeMmdb({ "1.0.0.0/8": RECORDS.city });
const asn = Buffer.from("1.0.0.0,1.255.255.255,6450,Example Net");
const LUBBOCK = { latitude: 33.58, longitude: -101.86 };
const IN_THE_US = { country_code: "US", ...LUBBOCK };
/** On the border of two times. */
const PHENIX_CITY = { latitude: 32.471, longitude: -85.0008 };
const IN_LOS_ANGELES = {
  country: { iso_code: "US" },
  location: { latitude: 34.05, longitude: -118.24, time_zone: "America/Los_Angeles" },
};

function overridden(...lines: object[]) {
  const overrides = lines.map((line) => JSON.stringify(line)).join("\n");
  return composerOf({ "city.mmdb": city, "asn.csv": asn }, { overrides });
}

test("a correction replaces the fields it names and keeps the rest of the record", () => {
  const composer = overridden({ network: "1.2.0.0/16", city: "Camden", postal_code: null });
  expect(locate(composer, "1.2.3.4")).toMatchObject({
    network: "1.2.0.0/16",
    city: "Camden",
    region: "England",
    connection: { autonomousSystemNumber: 6450 },
    isOverridden: true,
  });
  expect(locate(composer, "1.2.3.4").postalCode).toBeUndefined();
  expect(locate(composer, "1.3.3.4")).toMatchObject({ city: "London", isOverridden: false });
});

test("the longest prefix wins", () => {
  const composer = overridden(
    { network: "1.0.0.0/8", city: "Wide" },
    { network: "1.2.3.0/24", city: "Narrow" },
  );
  expect(locate(composer, "1.2.3.4").city).toBe("Narrow");
  expect(locate(composer, "1.2.4.4").city).toBe("Wide");
});

test("another country replaces the whole place, with its currency and flag", () => {
  const composer = overridden({
    network: "1.2.0.0/16",
    country_code: "IN",
    timezone: { name: "Asia/Kolkata" },
  });
  const answer = locate(composer, "1.2.3.4");
  expect(answer).toMatchObject({
    countryCode: "IN",
    timezone: { name: "Asia/Kolkata", gmtOffset: 5.5 },
    currency: { currencyCode: "INR" },
    flag: { emoji: "🇮🇳" },
    country: "India",
    continent: "Asia",
    continentCode: "AS",
  });
  expect([answer.city, answer.latitude, answer.continentGeonameId]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each<[why: string, override: object, continent: string | undefined, code: string]>([
  ["another continent", { continent_code: "AS" }, "Asien", "AS"],
  ["another country and continent", { country_code: "TR", continent_code: "EU" }, "Europa", "EU"],
  ["its own name", { continent_code: "AS", continent: "Orient" }, "Orient", "AS"],
  ["no name", { country_code: "IN", continent: null }, undefined, "AS"],
])("an override with %s has the continent's name by its code", (_why, override, name, code) => {
  const composer = overridden({ network: "1.2.0.0/16", ...override });
  expect(locate(composer, "1.2.3.4", "de")).toMatchObject({ continentCode: code });
  expect(locate(composer, "1.2.3.4", "de").continent).toBe(name);
});

test.each<[string, object, string | undefined]>([
  ["one time", { country_code: "DE" }, "Europe/Berlin"],
  ["one time and no zone by the override", { country_code: "DE", timezone: null }, undefined],
  ["several times", { country_code: "CA" }, undefined],
])("another country of %s has the zone that follows from it", (_, fields, expected) => {
  const answer = locate(overridden({ network: "1.2.0.0/16", ...fields }), "1.2.3.4");
  expect(answer.timezone?.name).toBe(expected);
});

test.each<[why: string, override: object, expected: string | undefined]>([
  ["a town", { city: "Lubbock", ...IN_THE_US }, "America/Chicago"],
  ["a region", { region: "Texas", ...IN_THE_US, accuracy_radius_km: 50 }, "America/Chicago"],
  ["a wide region", { region: "Texas", ...IN_THE_US, accuracy_radius_km: 900 }, undefined],
  ["a country", IN_THE_US, undefined],
  ["no zone", { city: "Lubbock", ...IN_THE_US, timezone: null }, undefined],
  [
    "another zone",
    { city: "Lubbock", ...IN_THE_US, timezone: { name: "America/Denver" } },
    "America/Denver",
  ],
])("coordinates of %s in another country give the zone that they are in", (_, fields, expected) => {
  const answer = locate(overridden({ network: "1.2.0.0/16", ...fields }), "1.2.3.4");
  expect(answer.timezone?.name).toBe(expected);
});

test.each<[why: string, override: object, expected: string]>([
  ["of a town elsewhere", { city: "Lubbock", ...LUBBOCK }, "America/Chicago"],
  ["near another time", { city: "Phenix City", ...PHENIX_CITY }, "America/Los_Angeles"],
  ["that are half told", { city: "Lubbock", latitude: LUBBOCK.latitude }, "America/Los_Angeles"],
])("coordinates %s in the country of the record", (_, fields, expected) => {
  const record = { ...RECORDS.city, ...IN_LOS_ANGELES };
  const overrides = JSON.stringify({ network: "1.2.0.0/16", ...fields });
  const composer = composerOf({ "city.mmdb": writeMmdb({ "1.0.0.0/8": record }) }, { overrides });
  expect(locate(composer, "1.2.3.4").timezone?.name).toBe(expected);
});

test("an overridden intranet has a place and no special purpose", () => {
  const composer = overridden({
    network: "10.20.0.0/16",
    city: "Campus",
    security: { is_vpn: true },
  });
  const answer = locate(composer, "10.20.1.1");
  expect(answer).toMatchObject({ city: "Campus", security: { isVpn: true }, isOverridden: true });
  expect(answer.specialPurpose).toBeUndefined();
  expect(locate(composer, "10.21.1.1")).toMatchObject({ specialPurpose: "Private-Use" });
});

test.each([
  ["DE", "en", "Germany"],
  ["DE", "fr", "Allemagne"],
  ["CD", "zh-CN", "刚果（金）"],
  ["HK", "en", "Hong Kong"],
  ["PS", "pt-BR", "Palestina"],
] as const)(
  "an override with the country code %s alone has the name in %s: %s",
  (code, language, name) => {
    const composer = overridden({ network: "1.2.0.0/16", country_code: code });
    expect(locate(composer, "1.2.3.4", language)).toMatchObject({
      countryCode: code,
      country: name,
    });
  },
);

test("the name of the country stays that of the record or of the override where there is one", () => {
  const composer = overridden(
    { network: "1.1.0.0/16", country_code: "GB" },
    { network: "1.2.0.0/16", country_code: "DE", country: "Deutschland" },
    { network: "1.3.0.0/16", country_code: "DE", country: null },
  );
  const names = ["1.1.1.1", "1.2.1.1", "1.3.1.1"].map((text) => locate(composer, text).country);
  expect(names).toEqual(["United Kingdom", "Deutschland", undefined]);
});

test("a name may be given in each language, and English stands in for the others", () => {
  const composer = overridden({ network: "1.2.0.0/16", city: { en: "Munich", de: "München" } });
  const names = (["en", "de", "ja"] as const).map(
    (language) => locate(composer, "1.2.3.4", language).city,
  );
  expect(names).toEqual(["Munich", "München", "Munich"]);
});

test("a time zone is answered as tzdata writes its name", () => {
  const composer = overridden({ network: "1.2.0.0/16", timezone: { name: "europe/berlin" } });
  expect(locate(composer, "1.2.3.4").timezone).toMatchObject({
    name: "Europe/Berlin",
    abbreviation: "CET",
  });
});

test("null makes a field unknown, and all fields of an object", () => {
  const nothing = { timezone: null, connection: null, security: null, city: null };
  const composer = overridden({ network: "1.2.0.0/16", ...nothing });
  const answer = locate(composer, "1.2.3.4");
  expect(answer).toMatchObject({ region: "England", isOverridden: true });
  expect([answer.timezone, answer.city]).toEqual([undefined, undefined]);
  expect([answer.connection, answer.security]).toEqual([{}, {}]);
  const zone = overridden({ network: "1.2.0.0/16", timezone: { name: null } });
  expect(locate(zone, "1.2.3.4").timezone).toBeUndefined();
});

test.each<[unknown, RegExp]>([
  [
    { timezone: { name: ["Europe/Berlin"] } },
    /timezone\.name: it must be the name of a time zone, such as Europe\/Berlin, not a list/,
  ],
  [{ timezone: ["Europe/Berlin"] }, /timezone: it must be an object or null, not a list/],
  [{ timezone: "Europe/Berlin" }, /timezone: it must be an object or null/],
  [{ timezone: { name: "+05:00" } }, /timezone\.name: it must be the name of a time zone/],
  [{ latitude: 91 }, /latitude: it must be a number from -90 to 90/],
  [{ country_code: "ZZ" }, /country_code: it must be the code of a country/],
  [{ country_code: "EU" }, /country_code: it must be the code of a country/],
  [{ city: ["Berlin"] }, /city: it must be a text of 1 to 200 characters, not a list/],
  [
    { city: { en: "Rome", it: "Roma" } },
    /city\.it, but the languages are en, de, es, fr, ja, pt-BR, ru, zh-CN/,
  ],
  [{ city: { de: "Rom" } }, /city without a name in the language en/],
  [{ city: { en: "" } }, /city\.en: it must be a text/],
])("%j is refused with a sentence that says what is right", (members, sentence) => {
  const line = JSON.stringify({ network: "10.0.0.0/8", ...(members as object) });
  expect(() => parseOverrides(line)).toThrow(sentence);
});

test.each([
  ["{", "not JSON"],
  ["[]", "not an object"],
  ['{"city":"x"}', "no network"],
  ['{"network":"10.0.0.1/8"}', "bits after the prefix"],
  ['{"network":"10.0.0.0/8","citty":"x"}', "an unknown field"],
  ['{"network":"10.0.0.0/8","ip_address":"1.1.1.1"}', "a field that is not the operator's to set"],
  ['{"network":"10.0.0.0/8","__proto__":{"city":"x"}}', "a name that every object has"],
  ['{"network":"10.0.0.0/8","city":""}', "an empty text"],
  ['{"network":"10.0.0.0/8","latitude":91}', "a latitude of 91"],
  ['{"network":"10.0.0.0/8","country_code":"gb"}', "a code in small letters"],
  ['{"network":"10.0.0.0/8","timezone":{"name":"Mars/Olympus"}}', "an unknown zone"],
  ['{"network":"10.0.0.0/8","security":{"is_vpn":"yes"}}', "a flag that is a text"],
])("%s is refused with its line number: %s", (line) => {
  expect(() => parseOverrides(`# comment\n\n${line}`)).toThrow(/^line 3 /);
});
