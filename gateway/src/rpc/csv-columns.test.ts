import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { DEFAULT_SELECTION, readSelection, type Selection } from "@geomesh/terms/selection";
import { expect, test } from "vitest";
import { columnsOf, textCell } from "./csv-columns.ts";

test.each<[why: string, text: string, cell: string]>([
  ["plain", "Bern", "Bern"],
  ["empty", "", ""],
  ["not ASCII", "São Tomé 🇨🇭", "São Tomé 🇨🇭"],
  ["a comma", "Washington, D.C.", '"Washington, D.C."'],
  ["a quote is doubled", 'Sant "Julià"', '"Sant ""Julià"""'],
  ["a line feed", "a\nb", '"a\nb"'],
  ["a carriage return", "a\rb", '"a\rb"'],
  ["a tab inside", "a\tb", "a\tb"],
  ["an apostrophe", "'s-Hertogenbosch", "'s-Hertogenbosch"],
  ["a formula", "=1+1", "'=1+1"],
  ["a formula with quotes", '=HYPERLINK("x","y")', '"\'=HYPERLINK(""x"",""y"")"'],
  ["a plus", "+49", "'+49"],
  ["a minus", "-1", "'-1"],
  ["an at", "@SUM(A1)", "'@SUM(A1)"],
  ["a tab before", "\t=1", "'\t=1"],
  ["a carriage return before", "\r=1", '"\'\r=1"'],
  ["a line feed before", "\n=1", '"\'\n=1"'],
  ["what is a formula only at the beginning", "a=1", "a=1"],
])("a text as a field: %s", (_why, text, cell) => {
  expect(textCell(text)).toBe(cell);
});

type Init = MessageInitShape<typeof LocationSchema>;

function cells(fields: string, location: Init): Record<string, string> {
  const selection = readSelection({ fields: fields.split(","), excludeFields: [] }) as Selection;
  const message = create(LocationSchema, location);
  return Object.fromEntries(
    columnsOf(selection.members).map(({ name, cell }) => [name, cell(message)]),
  );
}

test.each<[why: string, fields: string, location: Init, expected: Record<string, string>]>([
  [
    "unknown is empty",
    "city,latitude,country_is_eu",
    {},
    empty("city", "latitude", "country_is_eu"),
  ],
  [
    "numbers, not as formulas",
    "latitude,longitude",
    { latitude: 0, longitude: -0.125 },
    {
      latitude: "0",
      longitude: "-0.125",
    },
  ],
  [
    "truth values",
    "country_is_eu,is_overridden",
    { countryIsEu: false, isOverridden: true },
    {
      country_is_eu: "false",
      is_overridden: "true",
    },
  ],
  ["false", "is_overridden", { isOverridden: false }, { is_overridden: "false" }],
  [
    "inside an object",
    "timezone.name,city",
    { timezone: { name: "UTC" } },
    {
      city: "",
      "timezone.name": "UTC",
    },
  ],
  [
    "an object that is not there",
    "currency",
    {},
    empty("currency.currency_name", "currency.currency_code", "currency.currency_symbol"),
  ],
  [
    "a map as its JSON",
    "names.city,names.region",
    { names: { city: { de: 'A"B', fr: "C" } } },
    {
      "names.city": '"{""de"":""A\\""B"",""fr"":""C""}"',
      "names.region": "{}",
    },
  ],
  [
    "a list as its JSON",
    "country_facts",
    { countryFacts: { capital: "Bern", callingCodes: ["+41"] } },
    {
      "country_facts.capital": "Bern",
      "country_facts.calling_codes": '"[""+41""]"',
      "country_facts.languages": "[]",
    },
  ],
  ["lists that are not there", "country_facts.languages", {}, { "country_facts.languages": "" }],
  ["maps that are not there", "names.city", {}, { "names.city": "" }],
])("the values of a location: %s", (_why, fields, location, expected) => {
  expect(cells(fields, location)).toEqual(expected);
});

function empty(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, ""]));
}

test("without a selection there is a column for each value, in the order of the contract", () => {
  const names = columnsOf(DEFAULT_SELECTION.members).map(({ name }) => name);
  expect(names.slice(0, 4)).toEqual(["ip_address", "network", "special_purpose", "city"]);
  expect(names.at(-1)).toBe("is_overridden");
  expect(names).toEqual(expect.arrayContaining(["timezone.name", "security.is_relay"]));
  expect(names.filter((name) => /^(?:names|country_facts)/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});
