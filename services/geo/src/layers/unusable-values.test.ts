import type { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import fc from "fast-check";
import { expect, test } from "vitest";
import { VALUE_TYPE } from "../mmdb/value-type.ts";
import { composerOf, inspected, locate } from "../testing/locate.ts";
import { type MmdbValue, mmdb } from "../testing/mmdb-values.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";

interface MmdbMap {
  readonly [key: string]: MmdbValue;
}

/** Values of every type, most of which cannot be right anywhere. A coordinate is no part of it: an impossible one refuses the file. */
const VALUES: Readonly<Record<string, MmdbValue>> = {
  "a negative number": mmdb.int32(-7),
  "the lowest number": mmdb.int32(-(2 ** 31)),
  "2^32": mmdb.uint64(2n ** 32n),
  "2^33": mmdb.uint64(2n ** 33n),
  "2^40 + 1": mmdb.uint64(2n ** 40n + 1n),
  "2^64 - 1": mmdb.uint64(2n ** 64n - 1n),
  "2^127": mmdb.uint128(2n ** 127n),
  "a fraction": mmdb.double(1.5),
  "a huge double": mmdb.double(1e300),
  "a small float": mmdb.float(0.25),
  "a system above 2^32": "AS5000000000",
  "a text of digits": "12x",
  "an empty text": "",
  "a dash": "-",
  unknown: "Unknown",
  "no country": "ZZ",
  "a part of the world": "EU",
  "lower case": "gb",
  "an unassigned code": "XQ",
  "a long text": "y".repeat(70_000),
  "a text of 1,001 bytes": "y".repeat(1001),
  "a map": { names: { en: "x" }, iso_code: mmdb.int32(-1) },
  "an empty map": {},
  "a list": [mmdb.int32(-1), "x"],
  "a boolean": true,
  bytes: mmdb.bytes(Buffer.from([255, 254])),
};

const NESTED_PATHS = [
  ...["city", "continent", "country", "location", "postal", "registered_country", "subdivisions"],
  ...["city.geoname_id", "city.names", "city.names.en"],
  ...["continent.code", "continent.geoname_id", "continent.names.en"],
  ...["country.iso_code", "country.geoname_id", "country.is_in_european_union", "country.names.en"],
  ...["registered_country.iso_code", "registered_country.geoname_id"],
  ...["location.accuracy_radius", "location.time_zone", "postal.code"],
  "location.metro_code",
  ...["traits.autonomous_system_number", "traits.autonomous_system_organization", "traits.isp"],
];
const FLAT_PATHS = [
  ...["city", "country", "country_code", "country_name", "continent", "continent_code"],
  ...[
    "state1",
    "state2",
    "postcode",
    "timezone",
    "asn",
    "as_name",
    "isp",
    "organization",
    "domain",
  ],
  ...["autonomous_system_number", "connection_type", "is_anonymous_vpn", "is_tor_exit_node"],
];

/** A record in which the value at a path of keys is another one. */
function withValue(record: MmdbMap, path: string, value: MmdbValue): MmdbMap {
  const [key, ...rest] = path.split(".") as [string, ...string[]];
  const inner = record[key];
  if (rest.length === 0) return { ...record, [key]: value };
  return { ...record, [key]: withValue((inner ?? {}) as MmdbMap, rest.join("."), value) };
}

const nested: MmdbMap = { ...RECORDS.city, traits: RECORDS.isp };
const flat: MmdbMap = { ...RECORDS.flatCity, ...RECORDS.isp, ...RECORDS.anonymousIp };

const COUNTS = [
  "cityGeonameId",
  "regionGeonameId",
  "subregionGeonameId",
  "metroCode",
  "countryGeonameId",
  "continentGeonameId",
] as const;
const CODES = ["countryCode", "registeredCountryCode"] as const;

function expectPossible(location: Partial<Location>): void {
  const numbers = COUNTS.map((field) => location[field]);
  for (const number of [
    ...numbers,
    location.accuracyRadiusKm,
    location.connection?.autonomousSystemNumber,
  ]) {
    if (number !== undefined)
      expect(number).toSatisfy((n) => Number.isInteger(n) && n > 0 && n < 2 ** 32);
  }
  for (const code of CODES.map((field) => location[field])) {
    if (code !== undefined) expect(code).toMatch(/^(?:GB|US|AU)$/);
  }
  if (location.continentCode !== undefined) expect(location.continentCode).toMatch(/^(?:EU|OC)$/);
  if (location.countryCode === undefined) {
    const { country, countryIsEu, flag, currency } = location;
    expect([countryIsEu, flag, currency]).toEqual([undefined, undefined, undefined]);
    expect(country ?? "").not.toMatch(/Unknown/);
  }
  const texts = JSON.stringify(location).match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  for (const text of texts) {
    expect(text.length).toBeLessThan(1003);
    expect(text).not.toMatch(/^"(?:|-|Unknown)"$/);
  }
}

const damage = fc.tuple(
  fc.boolean(),
  fc.array(fc.tuple(fc.nat(), fc.constantFrom(...Object.keys(VALUES))), {
    minLength: 1,
    maxLength: 3,
  }),
);

test("whatever stands in a record, its answer has possible values only, and every other record is answered in full", () => {
  const seed = Date.now() % 2 ** 31;
  fc.assert(
    fc.property(damage, ([isNested, changes]) => {
      const paths = isNested ? NESTED_PATHS : FLAT_PATHS;
      let record = isNested ? nested : flat;
      for (const [at, kind] of changes) {
        record = withValue(record, paths[at % paths.length] as string, VALUES[kind] as MmdbValue);
      }
      const sound = isNested ? nested : flat;
      const neighbours = Array.from({ length: 40 }, (_, i): [string, MmdbValue] => [
        `3.${i}.0.0/16`,
        withValue(sound, isNested ? "postal.code" : "postcode", `P${i}`),
      ]);
      const file = writeMmdb(Object.fromEntries([...neighbours, ["1.0.0.0/8", record]]));
      const composer = composerOf({ "any.mmdb": file });
      expectPossible(locate(composer, "1.2.3.4"));
      expect(locate(composer, "3.7.0.1")).toMatchObject({
        city: isNested ? "London" : "Sydney",
        postalCode: "P7",
        connection: { autonomousSystemNumber: 1221 },
      });
    }),
    { numRuns: 150, seed },
  );
}, 60_000);

/** The answer for a record beside another one of its schema, and what the check counts. */
function answerOf(record: MmdbMap): { answer: Partial<Location>; unusableRecords: number } {
  const isFlat = typeof record["country"] === "string" || "country_code" in record;
  const other = isFlat ? RECORDS.flatCity : RECORDS.city;
  const file = writeMmdb({ "1.0.0.0/8": record, "2.0.0.0/8": other });
  const { findings } = inspected("any.mmdb", file);
  const answer = locate(composerOf({ "any.mmdb": file }), "1.2.3.4");
  return { answer, unusableRecords: findings.unusableRecords };
}

test.each<[string, MmdbMap]>([
  ["a negative int32", { autonomous_system_number: mmdb.int32(-7) }],
  ["2^33 as a uint64", { asn: mmdb.uint64(2n ** 33n) }],
  ["a number above 2^40", { asn: mmdb.uint64(2n ** 41n) }],
  ["a system above 2^32 as a text", { asn: "AS5000000000" }],
  ["another text", { asn: "none of them" }],
  ["a fraction", { autonomous_system_number: mmdb.double(6450.5) }],
  ["a map", { autonomous_system_number: { n: 1 } }],
])(
  "an AS number that is %s is unknown and counted, and the rest of the record is answered",
  (_, fields) => {
    const { answer, unusableRecords } = answerOf({ ...fields, isp: "Example" });
    expect(answer.connection).toEqual({ ispName: "Example" });
    expect(unusableRecords).toBe(1);
  },
);

test.each<[string, MmdbMap, number]>([
  ["as a number", { asn: 6450 }, 6450],
  ["as a whole double", { asn: mmdb.double(6450) }, 6450],
  ["as the largest one", { asn: mmdb.uint64(4_199_999_999n) }, 4199999999],
  ["as a text", { asn: "AS6450" }, 6450],
  ["as a text of digits", { asn: "6450" }, 6450],
])("an AS number %s is answered", (_, fields, expected) => {
  const { answer, unusableRecords } = answerOf(fields);
  expect(answer.connection).toEqual({ autonomousSystemNumber: expected });
  expect(unusableRecords).toBe(0);
});

const GERMANY = RECORDS.country.country;

test.each<[string, MmdbMap, number]>([
  ["the code ZZ named Unknown", { country: { iso_code: "ZZ", names: { en: "Unknown" } } }, 0],
  ["Europe", { country: { iso_code: "EU", geoname_id: 6255148, names: { en: "Europe" } } }, 0],
  [
    "Asia and the Pacific",
    { country: { iso_code: "AP", names: { en: "Asia/Pacific Region" } } },
    0,
  ],
  ["a dash", { country: { iso_code: "-", names: { en: "-" } } }, 0],
  ["an empty code", { country: { iso_code: "", names: { en: "Nowhere" } } }, 0],
  ["a code in lower case", { country: { ...GERMANY, iso_code: "de" } }, 1],
  ["a code that is not assigned", { country: { ...GERMANY, iso_code: "XQ" } }, 1],
  ["a code that is a number", { country: { ...GERMANY, iso_code: 276 } }, 1],
  ["a flat ZZ", { country: "ZZ", country_name: "Unknown" }, 0],
  ["a flat code in lower case", { country_code: "de", country: "Germany" }, 1],
  ["a flat name that is a code in lower case", { country: "de" }, 1],
  ["a flat name that is unknown", { country: "Unknown" }, 0],
])("a record whose country is %s has no country, nor what follows from one", (_, record, count) => {
  const { answer, unusableRecords } = answerOf(record);
  expect(answer).toEqual({ ipAddress: "1.2.3.4", network: "1.2.0.0/15", isOverridden: false });
  expect(unusableRecords).toBe(count);
});

test("a truth value for the number of a system is unknown also at the very end of a file", () => {
  const record = { isp: "Example", autonomous_system_number: true };
  const composer = composerOf({ "any.mmdb": writeMmdb({ "1.0.0.0/8": record }) });
  expect(locate(composer, "1.2.3.4").connection).toEqual({ ispName: "Example" });
});

test("where one dataset has no country, the next one answers", () => {
  const composer = composerOf({
    "city.mmdb": writeMmdb(
      { "1.0.0.0/8": { country: { iso_code: "ZZ" } }, "2.0.0.0/8": RECORDS.city },
      { databaseType: "A-City" },
    ),
    "country.mmdb": writeMmdb({ "1.0.0.0/8": RECORDS.country }, { databaseType: "A-Country" }),
  });
  expect(locate(composer, "1.2.3.4")).toMatchObject({ countryCode: "DE" });
});

test("an impossible radius or id is unknown, and 0 is no value", () => {
  const { answer, unusableRecords } = answerOf({
    ...RECORDS.city,
    city: { geoname_id: 0, names: RECORDS.city.city.names },
    location: { ...RECORDS.city.location, accuracy_radius: 30_000 },
  });
  expect(answer).toMatchObject({ city: "London", latitude: 51.5142 });
  expect([answer.cityGeonameId, answer.accuracyRadiusKm]).toEqual([undefined, undefined]);
  expect(unusableRecords).toBe(1);
});

test("a NaN or a text that is not UTF-8 is damage: the file is refused", () => {
  const bad = mmdb.raw(VALUE_TYPE.text, Buffer.from([0xff]));
  const nan = mmdb.double(Number.NaN);
  expect(() => answerOf({ isp: bad })).toThrow(/not UTF-8/);
  expect(() => answerOf({ asn: nan })).toThrow(/NaN/);
  expect(() => answerOf({ asn: mmdb.double(Number.POSITIVE_INFINITY) })).toThrow(/Infinity/);
});
