import { expect, test } from "vitest";
import { composerOf, inspected, locate } from "../testing/locate.ts";
import { type MmdbValue, mmdb } from "../testing/mmdb-values.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";

type Fields = Readonly<Record<string, MmdbValue>>;

const ENGLAND = RECORDS.city.subdivisions[0] as Fields;
const WEST_BERKSHIRE = {
  geoname_id: 3333217,
  iso_code: "WBK",
  names: { en: "West Berkshire", fr: "Berkshire de l'Ouest" },
};
const CITY = { ...RECORDS.city, subdivisions: [ENGLAND, WEST_BERKSHIRE] };
const US_CITY = {
  ...CITY,
  country: { geoname_id: 6252001, iso_code: "US", names: { en: "United States" } },
  location: { latitude: 41.5, longitude: -93.5, metro_code: mmdb.uint16(679) },
};
const ALL = { subregion: "West Berkshire", subregionIsoCode: "WBK", subregionGeonameId: 3333217 };

/** The answer for a record among many sound ones, and what the check counts. */
function answerOf(record: MmdbValue, sound: Fields = RECORDS.country) {
  const others = Array.from({ length: 40 }, (_, n): [string, MmdbValue] => [
    `3.${n}.0.0/16`,
    { ...sound, postal: { code: `P${n}` } },
  ]);
  const file = writeMmdb({ ...Object.fromEntries(others), "1.0.0.0/8": record });
  const composer = composerOf({ "any.mmdb": file });
  const { unusableRecords, contradictions } = inspected("any.mmdb", file).findings;
  return {
    ...partsOf(locate(composer, "1.2.3.4")),
    french: locate(composer, "1.2.3.4", "fr").subregion,
    unusableRecords,
    contradictions,
  };
}

function partsOf({ ...location }: ReturnType<typeof locate>) {
  const { region, subregion, subregionIsoCode, subregionGeonameId, metroCode } = location;
  return { region, subregion, subregionIsoCode, subregionGeonameId, metroCode };
}

test("the second subdivision and the metro code of a nested record are answered", () => {
  expect(answerOf(CITY)).toMatchObject({
    ...ALL,
    region: "England",
    metroCode: undefined,
    french: "Berkshire de l'Ouest",
  });
  expect(answerOf(US_CITY)).toMatchObject({ ...ALL, metroCode: 679, unusableRecords: 0 });
});

test("the second subdivision of a flat record is its state2", () => {
  const record = { ...RECORDS.flatCity, state2: "Inner West" };
  const composer = composerOf({ "any.mmdb": writeMmdb({ "1.0.0.0/8": record }) });
  expect(locate(composer, "1.2.3.4", "de")).toMatchObject({
    region: "New South Wales",
    subregion: "Inner West",
  });
});

test.each<[why: string, subdivisions: MmdbValue, unusable: number, expected: object]>([
  ["a record with one", [ENGLAND], 0, {}],
  ["no list", "West Berkshire", 0, {}],
  ["an empty list", [], 0, {}],
  ["a text in place of a map", [ENGLAND, "West Berkshire"], 1, {}],
  ["a number in place of a map", [ENGLAND, mmdb.int32(-1)], 1, {}],
  ["a map without anything", [ENGLAND, {}], 0, {}],
  [
    "names that are no map",
    [ENGLAND, { ...WEST_BERKSHIRE, names: "x" }],
    1,
    { ...ALL, subregion: undefined },
  ],
  [
    "a name that is a number",
    [ENGLAND, { ...WEST_BERKSHIRE, names: { en: 7 } }],
    1,
    { ...ALL, subregion: undefined },
  ],
  [
    "a name that says unknown",
    [ENGLAND, { ...WEST_BERKSHIRE, names: { en: "-" } }],
    0,
    { ...ALL, subregion: undefined },
  ],
  [
    "a code that is a number",
    [ENGLAND, { ...WEST_BERKSHIRE, iso_code: 7 }],
    1,
    { ...ALL, subregionIsoCode: undefined },
  ],
  [
    "a negative id",
    [ENGLAND, withId(mmdb.int32(-7))],
    1,
    { ...ALL, subregionGeonameId: undefined },
  ],
  [
    "an id of 2^33",
    [ENGLAND, withId(mmdb.uint64(2n ** 33n))],
    1,
    { ...ALL, subregionGeonameId: undefined },
  ],
  [
    "an id that is a text",
    [ENGLAND, withId("3333217")],
    1,
    { ...ALL, subregionGeonameId: undefined },
  ],
  ["an id of 0, which is none", [ENGLAND, withId(0)], 0, { ...ALL, subregionGeonameId: undefined }],
  ["a third one, which is no part of an answer", [ENGLAND, WEST_BERKSHIRE, ENGLAND], 0, ALL],
])(
  "a subregion of %s is unknown where it cannot be right",
  (_why, subdivisions, unusable, expected) => {
    const none = {
      subregion: undefined,
      subregionIsoCode: undefined,
      subregionGeonameId: undefined,
    };
    const answer = answerOf({ ...RECORDS.city, subdivisions });
    expect(answer).toMatchObject({ ...none, ...expected, unusableRecords: unusable });
  },
);

function withId(id: MmdbValue): Fields {
  return { ...WEST_BERKSHIRE, geoname_id: id };
}

test.each<[why: string, code: MmdbValue, unusable: number, expected: number | undefined]>([
  ["one that is known", mmdb.uint16(679), 0, 679],
  ["0, which is none", mmdb.uint16(0), 0, undefined],
  ["a negative number", mmdb.int32(-679), 1, undefined],
  ["2^33", mmdb.uint64(2n ** 33n), 1, undefined],
  ["a fraction", mmdb.double(679.5), 1, undefined],
  ["a text", "679", 1, undefined],
  ["a map", { code: 679 }, 1, undefined],
  ["a boolean", true, 1, undefined],
])("a metro code that is %s", (_why, code, unusable, expected) => {
  const record = { ...US_CITY, location: { ...US_CITY.location, metro_code: code } };
  expect(answerOf(record)).toMatchObject({ metroCode: expected, unusableRecords: unusable });
});

test.each<[why: string, record: Fields, expected: object, contradictions: object]>([
  [
    "a metro code outside of the United States",
    { ...CITY, location: US_CITY.location },
    { ...ALL, region: "England", metroCode: undefined },
    { metro_code: 1, region: 0 },
  ],
  [
    "a subregion and a metro code without a country",
    { city: CITY.city, subdivisions: [{}, WEST_BERKSHIRE], location: US_CITY.location },
    { subregion: undefined, subregionIsoCode: undefined, metroCode: undefined },
    { metro_code: 1, region: 1, subregion: 0 },
  ],
])("%s contradicts its record and is unknown", (_why, record, expected, contradictions) => {
  const answer = answerOf(record);
  for (const [field, value] of Object.entries(expected)) {
    expect(answer[field as keyof typeof answer]).toEqual(value);
  }
  expect(answer.contradictions).toMatchObject(contradictions);
});

test("a subregion that records put into two countries is unknown in all of them, and its region is not", () => {
  const abroad = {
    ...CITY,
    country: { ...RECORDS.city.country, iso_code: "FR" },
    location: { latitude: 48.5, longitude: 2.5 },
    subdivisions: [{ geoname_id: 7, names: { en: "Elsewhere" } }, WEST_BERKSHIRE],
  };
  const file = writeMmdb({ "1.0.0.0/8": abroad, "2.0.0.0/8": CITY });
  const composer = composerOf({ "any.mmdb": file });
  const found = ["1.1.1.1", "2.1.1.1"].map((text) => locate(composer, text, "en", true));
  expect(found.map(({ region, subregion }) => [region, subregion])).toEqual([
    ["Elsewhere", undefined],
    ["England", undefined],
  ]);
  expect(found.map(({ names }) => names?.subregion)).toEqual([{}, {}]);
  expect(inspected("any.mmdb", file).findings.contradictions).toMatchObject({ subregion: 2 });
});

test("subregions and metro codes that contradict are no reason to refuse a file", () => {
  const record = { ...CITY, location: US_CITY.location };
  expect(inspected("any.mmdb", writeMmdb({ "1.0.0.0/8": record })).findings.contradictions).toEqual(
    { coordinates: 0, timezone: 0, region: 0, subregion: 0, metro_code: 1 },
  );
});

test.each<[why: string, code: string, expected: string]>([
  ["the country before it", "GB-WBK", "WBK"],
  ["another country before it", "FR-75", "FR-75"],
  ["nothing behind the country", "GB-", "GB-"],
])("a code with %s is told without the record's country", (_why, code, expected) => {
  const subdivisions = [
    { ...ENGLAND, iso_code: code },
    { ...WEST_BERKSHIRE, iso_code: code },
  ];
  const file = writeMmdb({ "1.0.0.0/8": { ...CITY, subdivisions } });
  const { regionIsoCode, subregionIsoCode } = locate(composerOf({ "any.mmdb": file }), "1.2.3.4");
  expect([regionIsoCode, subregionIsoCode]).toEqual([expected, expected]);
});

test.each<[why: string, record: MmdbValue]>([
  ["a flat record", { country_code: "JP" }],
  ["a flat record with a name beside it", { country: "Nippon", country_code: "JP" }],
  ["a flat record with the code as country", { country: "JP" }],
  ["a nested record", { country: { iso_code: "JP" } }],
  ["a nested record with other names", { country: { iso_code: "JP", names: { ru: "Ниппон" } } }],
])("country and continent of %s have their names by the code", (_why, record) => {
  const composer = composerOf({ "any.mmdb": writeMmdb({ "1.0.0.0/8": record }) });
  expect(locate(composer, "1.2.3.4", "ru")).toMatchObject({
    ...{ country: "Япония", countryCode: "JP", continent: "Азия", continentCode: "AS" },
  });
  expect(locate(composer, "1.2.3.4", "ja")).toMatchObject({ country: "日本", continent: "アジア" });
});
