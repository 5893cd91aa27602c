import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { expect, test } from "vitest";
import { readValuePath, type ValuePath, valueText } from "./location-value.ts";

const ZONE = { name: "Etc/UTC", abbreviation: "", gmtOffset: 0, isDst: true };
const KNOWN = {
  ...{ ipAddress: "192.0.2.1", city: "São Paulo", latitude: -23.5, longitude: 1e-7 },
  ...{ cityGeonameId: 4294967295, countryIsEu: false, timezone: ZONE, isOverridden: true },
  security: { isVpn: false },
};

function lineOf(name: string, location: MessageInitShape<typeof LocationSchema> = KNOWN): string {
  const encoded = toBinary(LocationSchema, create(LocationSchema, location));
  return valueText(encoded, readValuePath(name) as ValuePath);
}

test.each<[why: string, name: string, line: string]>([
  ["a text as it is", "city", "São Paulo\n"],
  ["a text inside an object", "timezone.name", "Etc/UTC\n"],
  ["the largest whole number", "city_geoname_id", "4294967295\n"],
  ["a number below 0 with a fraction", "latitude", "-23.5\n"],
  ["a number that JSON writes with an exponent", "longitude", "1e-7\n"],
  ["true", "is_overridden", "true\n"],
  ["true inside an object", "timezone.is_dst", "true\n"],
  ["false that is known", "country_is_eu", "false\n"],
  ["false that is known inside an object", "security.is_vpn", "false\n"],
  ["an offset of 0, which is not unknown", "timezone.gmt_offset", "0\n"],
  ["an empty text that is known", "timezone.abbreviation", "\n"],
  ["unknown", "region", "\n"],
  ["an unknown number", "accuracy_radius_km", "\n"],
  ["an unknown flag", "security.is_tor", "\n"],
  ["inside an object that is not there", "currency.currency_code", "\n"],
])("%s: %s", (_why, name, line) => {
  expect(lineOf(name)).toBe(line);
});

test("no default is told of what is not there", () => {
  expect(lineOf("is_overridden", {})).toBe("\n");
  expect(
    ["timezone.gmt_offset", "timezone.is_dst", "flag.emoji"].map((n) => lineOf(n, {})),
  ).toEqual(["\n", "\n", "\n"]);
});

test("every scalar of a location is a value, and nothing else", () => {
  const names = LocationSchema.fields.flatMap((field) =>
    field.fieldKind === "message"
      ? [field.name, ...field.message.fields.map(({ name }) => `${field.name}.${name}`)]
      : [field.name],
  );
  const values = names.filter((name) => typeof readValuePath(name) !== "string");
  const objects = ["timezone", "flag", "currency", "connection", "security", "names"];
  const facts = ["country_facts", "country_facts.calling_codes", "country_facts.languages"];
  const maps = ["city", "region", "subregion", "country", "continent"].map((n) => `names.${n}`);
  expect(names.filter((name) => !values.includes(name)).sort()).toEqual(
    [...objects, ...facts, ...maps].sort(),
  );
});

test.each<[why: string, text: string, sentence: string]>([
  ["an unknown key", "citty", 'names "citty", which is no key of a location'],
  ["an unknown key inside", "timezone.nme", 'names "timezone.nme", which is no key of a location'],
  ["inside a value", "city.x", 'names "city.x", which is no key of a location'],
  ["inside a map", "names.city.de", 'names "names.city.de", which is no key of a location'],
  ["nothing", "", 'names "", which is no key of a location'],
  ["what every object has", "__proto__", 'names "__proto__", which is no key of a location'],
  ["a JSON name", "countryCode", 'names "countryCode", which is no key of a location'],
  ["all keys", "*", 'names "*", which is no key of a location'],
  ["two keys", "city,region", 'names "city,region", which is no key of a location'],
  [
    "an object",
    "currency",
    'must name one value: "currency" has currency.currency_name, currency.currency_code, currency.currency_symbol',
  ],
  ["a list", "country_facts.languages", 'must name one value: "country_facts.languages" is a list'],
  [
    "a map",
    "names.city",
    'must name one value: "names.city" has several, by language; there is one of each in city',
  ],
  [
    "an object of maps",
    "names",
    'must name one value: "names" has several, by language; there is one of each in city, region, subregion, country, continent',
  ],
])("%s is refused: %s", (_why, text, sentence) => {
  expect(readValuePath(text)).toBe(sentence);
});

test("only values that come where they are named say so", () => {
  const isOptIn = (name: string) => (readValuePath(name) as ValuePath).isOptIn;
  expect(["country_facts.capital", "country_code", "timezone.name"].map(isOptIn)).toEqual([
    true,
    false,
    false,
  ]);
});
