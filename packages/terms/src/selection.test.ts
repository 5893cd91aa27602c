import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { expect, test } from "vitest";
import { selectFields } from "./select-fields.ts";
import { DEFAULT_SELECTION, readSelection, type Selection, selectsOptIn } from "./selection.ts";

const LOCATION = create(LocationSchema, {
  ...{ ipAddress: "192.0.2.1", network: "192.0.2.0/24", city: "Bern", countryCode: "CH" },
  timezone: { name: "Europe/Zurich", abbreviation: "CET", isDst: false },
  currency: { currencyCode: "CHF" },
  names: { city: { de: "Bern", fr: "Berne" } },
});

const read = (fields: string, excludeFields = "") =>
  readSelection({ fields: list(fields), excludeFields: list(excludeFields) });
const list = (text: string) => (text === "" ? [] : text.split(","));

function selected(fields: string, excludeFields = ""): unknown {
  const selection = read(fields, excludeFields) as Selection;
  const { members } = selection;
  const bytes = selectFields(toBinary(LocationSchema, LOCATION), members);
  return JSON.parse(
    JSON.stringify(fromBinary(LocationSchema, bytes), (key, value) =>
      key === "$typeName" || value === "" || value === false || isEmpty(value) ? undefined : value,
    ),
  );
}

const isEmpty = (value: unknown) => JSON.stringify(value) === "{}";

test.each<[why: string, fields: string, excluded: string, left: unknown]>([
  ["one key", "city", "", { city: "Bern" }],
  ["several", "city,country_code", "", { city: "Bern", countryCode: "CH" }],
  ["a part of an object", "timezone.name", "", { timezone: { name: "Europe/Zurich" } }],
  ["two parts", "timezone.name,timezone.abbreviation", "", zone("name", "abbreviation")],
  ["an object and a part of it", "timezone,timezone.name", "", zone("name", "abbreviation")],
  ["a part and its object", "timezone.name,timezone", "", zone("name", "abbreviation")],
  ["an object without a part", "timezone,-timezone.name", "", zone("abbreviation")],
  ["left out by the other mask", "city,timezone", "timezone.name,city", zone("abbreviation")],
  ["left out wins, in any order", "-city,city,country_code", "", { countryCode: "CH" }],
  ["a key that must be named", "names", "", { names: { city: { de: "Bern", fr: "Berne" } } }],
  ["what is left out twice", "city,country_code", "city,city", { countryCode: "CH" }],
  ["what was not there", "city", "country_code,timezone.name", { city: "Bern" }],
])("%s: fields=%s, exclude_fields=%s", (_why, fields, excluded, left) => {
  expect(selected(fields, excluded)).toEqual(left);
});

function zone(...keys: ("name" | "abbreviation")[]) {
  const all = { name: "Europe/Zurich", abbreviation: "CET" };
  return { timezone: Object.fromEntries(keys.map((key) => [key, all[key]])) };
}

test("no path, and `*`, select all but what must be named; `*` with a name has both", () => {
  expect(read("")).toBe(DEFAULT_SELECTION);
  expect(read("*")).toBe(DEFAULT_SELECTION);
  expect(selected("")).not.toHaveProperty("names");
  expect(selected("-city")).not.toHaveProperty("names");
  expect(
    ["", "*", "city", "-names"].map((fields) => selectsOptIn(read(fields) as Selection)),
  ).toEqual([false, false, false, false]);
  const named = ["names", "*,names.city", "country_facts", "country_facts.capital,city"];
  expect(named.map((fields) => selectsOptIn(read(fields) as Selection))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  const all = selected("*,names");
  expect(all).toMatchObject({ city: "Bern", names: { city: { fr: "Berne" } } });
});

test("equal selections have one key, whatever the paths and their order", () => {
  const keys = [
    ["city,timezone.name,timezone.is_dst", ""],
    ["timezone.is_dst,city,timezone.name,city", ""],
    ["city,timezone.is_dst,timezone.name,region", "region"],
  ].map(([fields = "", excluded = ""]) => (read(fields, excluded) as Selection).key);
  expect(new Set(keys).size).toBe(1);
  expect(read("city")).toBe(read("city"));
  expect((read("city") as Selection).key).not.toBe((read("region") as Selection).key);
  expect(read("-names")).toBe(DEFAULT_SELECTION);
});

test.each<[why: string, fields: string, excluded: string, mistakes: [string, string][]]>([
  ["unknown", "citty", "", [["fields", 'names "citty", which is no key of a location']]],
  [
    "unknown inside",
    "timezone.nme",
    "",
    [["fields", 'names "timezone.nme", which is no key of a location']],
  ],
  ["inside a value", "city.x", "", [["fields", 'names "city.x", which is no key of a location']]],
  [
    "inside a map",
    "names.city.de",
    "",
    [["fields", 'names "names.city.de", which is no key of a location']],
  ],
  ["empty", "city,", "", [["fields", 'names "", which is no key of a location']]],
  ["unknown, left out", "-x", "", [["fields", 'names "x", which is no key of a location']]],
  [
    "`-` where all are left out",
    "",
    "-city",
    [["exclude_fields", 'names "-city", which is no key of a location']],
  ],
  ["`*` left out", "", "*", [["exclude_fields", 'names "*", which is no key of a location']]],
  ["nothing left", "city", "city", [["fields", "leaves no key"]]],
  ["too many", Array(101).fill("city").join(","), "", [["fields", "must have at most 100 paths"]]],
  [
    "each is told",
    "a,city",
    "b",
    [
      ["fields", 'names "a", which is no key of a location'],
      ["exclude_fields", 'names "b", which is no key of a location'],
    ],
  ],
])("a mistake is told: %s", (_why, fields, excluded, mistakes) => {
  expect(read(fields, excluded)).toEqual(
    mistakes.map(([field, description]) => ({ field, description })),
  );
});

test("what is remembered of masks is told apart, whatever their paths hold", () => {
  const masks: [string[], string[]][] = [
    [["city,region"], []],
    [["city", "region"], []],
    [["city region"], []],
    [["city"], ["region"]],
    [['city","region'], []],
    [["city ", "region"], []],
  ];
  for (const order of [masks, masks.toReversed()]) {
    const isRight = order.map(([fields, excludeFields]) => {
      return !Array.isArray(readSelection({ fields, excludeFields }));
    });
    const expected = order.map((mask) => mask === masks[1] || mask === masks[3]);
    expect(isRight).toEqual(expected);
  }
});

test("thousands of selections are read as ever", () => {
  const names = LocationSchema.fields.map(({ name }) => name);
  for (let at = 1; at < 3_000; at += 1) {
    const fields = names.filter((_, place) => ((at >> (place % 12)) & 1) === 1);
    const selection = readSelection({ fields, excludeFields: [] }) as Selection;
    expect(selection.members.size).toBe(fields.length);
  }
});
