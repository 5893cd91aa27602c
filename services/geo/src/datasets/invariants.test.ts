import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { LANGUAGES } from "@geomesh/terms/languages";
import { seededNumbers } from "@geomesh/testing/seeded-numbers";
import { countries, type TCountryCode } from "countries-list";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatAddress } from "../address/write.ts";
import type { LocationComposer } from "../answer/location-composer.ts";
import type { Layer } from "../layers/layer.ts";
import type { Place } from "../layers/place.ts";
import { openMmdb } from "../mmdb/mmdb-file.ts";
import { eachRecord } from "../testing/each-record.ts";
import { composerOf, inspected, locate, TEST_TIME } from "../testing/locate.ts";
import { unpackDefaultDatasets } from "./default-datasets.ts";
import { layerOf } from "./layer-of.ts";

const SEED = 1_403_580_978;
const ADDRESSES = 2_000;
const CITY = "GeoLite2-City.mmdb";

/** The European Union by its treaties: the members, then what is a part of Finland, France and Spain with a code of its own. */
const UNION = new Set([
  ...["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"],
  ...["IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"],
  ...["AX", "GF", "GP", "MF", "MQ", "RE", "YT"],
]);
/** GeoNames, and so publishers, count them to other continents than `countries-list` does. */
const CONTINENTS: Readonly<Record<string, string>> = { CX: "OC", RU: "EU" };
/** Their long names are those of regions of another state. */
const SHORT = new Set(["HK", "MO", "PS"]);

let directory: string;
let composer: LocationComposer;
/** Of every record the place and one address, by country. */
let records: Map<string, { readonly text: string; readonly place: Place }[]>;
let answers: Partial<Location>[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-invariants-"));
  await unpackDefaultDatasets(directory, TEST_TIME.getTime());
  const content = await readFile(join(directory, CITY));
  composer = composerOf({ [CITY]: content });
  records = recordsOf(content);
  answers = chosen().map((text) => locate(composer, text, "en", true));
}, 240_000);

afterAll(() => rm(directory, { recursive: true }));

function recordsOf(content: Buffer): typeof records {
  const layer = layerOf(inspected(CITY, content), { name: CITY, modifiedAt: TEST_TIME });
  const place = layer.place as NonNullable<Layer["place"]>;
  const found: typeof records = new Map();
  eachRecord(openMmdb(content), (first, record) => {
    const read = place(record, "en");
    if (read?.countryCode === undefined) return;
    const known = found.get(read.countryCode) ?? [];
    known.push({ text: formatAddress(first), place: read });
    found.set(read.countryCode, known);
  });
  return found;
}

/** As many addresses of each country, but for those that have fewer, whose share the others take. */
function chosen(): string[] {
  const next = seededNumbers(SEED);
  const left = [...records.values()].map((all) => all.map(({ text }) => text));
  const texts: string[] = [];
  while (texts.length < ADDRESSES) {
    for (const all of left) texts.push(...all.splice(next(all.length), 1));
  }
  return texts.slice(0, ADDRESSES);
}

const listed = (code: string) => countries[code as TCountryCode];
const indicators = (code: string) =>
  String.fromCodePoint(...[...code].map((letter) => 0x1f1a5 + letter.charCodeAt(0)));

test("currency, continent, union and flag are those of the country, at addresses of all countries", () => {
  const broken = answers.filter(({ currency, ...answer }) => {
    const code = answer.countryCode as string;
    const currencies: readonly string[] = listed(code).currency;
    return !(
      (currencies.includes(`${currency?.currencyCode}`) ||
        (code === "AQ" && currency === undefined)) &&
      answer.continentCode === (CONTINENTS[code] ?? listed(code).continent) &&
      answer.countryIsEu === UNION.has(code) &&
      answer.flag?.emoji === indicators(code) &&
      answer.flag?.svg === `/v1/flags/${code.toLowerCase()}.svg`
    );
  });
  expect(broken).toEqual([]);
  expect([answers.length, new Set(answers.map(({ countryCode }) => countryCode)).size]).toEqual([
    ADDRESSES,
    records.size,
  ]);
  expect(records.size).toBeGreaterThanOrEqual(249);
});

test("what is told of the country is told where it is asked for, and is its own", () => {
  const own = new Map<string, string>();
  for (const { countryCode = "", countryFacts, names } of answers) {
    const text = JSON.stringify([countryFacts, names?.country, names?.continent]);
    expect(text).toBe(own.get(countryCode) ?? text);
    own.set(countryCode, text);
    expect(Object.keys(names?.country ?? {})).toEqual([...LANGUAGES]);
    expect(Object.keys(names?.continent ?? {})).toEqual([...LANGUAGES]);
    expect(countryFacts?.callingCodes.length).toBeGreaterThan(0);
  }
});

test("a region and its code are in one country, in every record", () => {
  const countryOf = new Map<number, string>();
  const regionOf = new Map<string, number>();
  const broken: Place[] = [];
  for (const { place } of [...records.values()].flat()) {
    const { countryCode = "", regionIsoCode, regionGeonameId } = place;
    if (regionIsoCode !== undefined && !/^[A-Z0-9]{1,3}$/.test(regionIsoCode)) broken.push(place);
    if (place.subregionIsoCode?.startsWith(`${countryCode}-`)) broken.push(place);
    if (regionGeonameId === undefined) continue;
    if (countryCode !== (countryOf.get(regionGeonameId) ?? countryCode)) broken.push(place);
    countryOf.set(regionGeonameId, countryCode);
    if (regionIsoCode === undefined) continue;
    const code = `${countryCode}-${regionIsoCode}`;
    if (regionGeonameId !== (regionOf.get(code) ?? regionGeonameId)) broken.push(place);
    regionOf.set(code, regionGeonameId);
  }
  expect(broken).toEqual([]);
  expect(regionOf.size).toBeGreaterThan(2_000);
});

test("all countries are called as CLDR calls them, in every language", () => {
  const others: string[] = [];
  for (const [code, [first]] of records) {
    for (const language of LANGUAGES) {
      const style = SHORT.has(code) ? "short" : "long";
      const name = new Intl.DisplayNames(language, { type: "region", style }).of(code);
      const { country } = locate(composer, first?.text as string, language);
      if (country !== name) others.push(`${code} in ${language}: ${country}, not ${name}`);
    }
  }
  expect(others).toEqual([]);
});
