import { beforeAll, expect, test } from "vitest";
import { Address } from "../address/address.ts";
import { formatAddress } from "../address/write.ts";
import { LocationComposer } from "../answer/location-composer.ts";
import { defaultTables } from "../security/default-lists.ts";
import type { NamedList } from "../security/named-lists.ts";
import { locate, sourcesOf, TEST_TIME } from "../testing/locate.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { compareBeside } from "./beside.ts";
import { type DataReport, makeReport } from "./data-report.ts";
import { CELLS } from "./place-kinds.ts";
import { sampleAddresses, seededNumbers } from "./sample.ts";
import { newStep, Walk } from "./walk.ts";

const SEED = 1_618_033_988;
const ADDRESSES = 2_000;
const SLASH_8 = 2 ** 24;
const DAY_MS = 24 * 3_600_000;

const RUSSIA = { country: { iso_code: "RU", names: { en: "Russia" } } };
const HARDLY = { registered_country: { iso_code: "SE" } };
const FILES = {
  "city.mmdb": writeMmdb({
    "1.0.0.0/8": RECORDS.city,
    "2.0.0.0/8": RUSSIA,
    "3.0.0.0/9": HARDLY,
    "2a00::/16": RECORDS.city,
    "2a01::/32": RUSSIA,
  }),
  "asn4.csv": Buffer.from("1.0.0.0,1.255.255.255,15169,Google\n2.0.0.0,2.127.255.255,20057,AT&T\n"),
  "asn6.csv": Buffer.from("2a00::,2a00:ffff:ffff:ffff:ffff:ffff:ffff:ffff,15169,Google\n"),
  "cellular.mmdb": writeMmdb({ "1.0.0.0/9": { connection_type: "Cellular" } }),
  "corporate.mmdb": writeMmdb({ "1.0.0.0/8": { connection_type: "Corporate" } }),
  "anonymous.mmdb": writeMmdb({ "2.0.0.0/16": RECORDS.anonymousIp }),
};
const OVERRIDES = [
  '{"network":"1.1.0.0/16","country_code":"NL","connection":{"autonomous_system_number":null}}',
  '{"network":"10.0.0.0/24","country_code":"NL","security":{"is_hosting":true}}',
].join("\n");
const sources = sourcesOf(FILES, { overrides: OVERRIDES });
const lists = defaultTables().map(
  (table): NamedList => ({
    ...table,
    name: `built-in ${table.flag}`,
    isBuiltIn: true,
  }),
);

let report: DataReport;

beforeAll(() => {
  const wallMs = TEST_TIME.getTime() + 40 * DAY_MS;
  report = makeReport({ sources, refused: [], lists, beside: undefined, wallMs });
});

test("addresses are counted by what is answered, special-purpose ones not at all", () => {
  const [over, special] = [2 ** 16, 2 ** 8];
  expect(report.all.ipv4).toMatchObject({
    country: 2 * SLASH_8 + special,
    city: SLASH_8 - over,
    region: SLASH_8 - over,
    coordinates: SLASH_8 - over,
    countryOnly: SLASH_8 + over + special,
    zone: SLASH_8 + special,
    registeredOnly: SLASH_8 / 2,
  });
  expect(report.announced?.ipv4.total).toBe(1.5 * SLASH_8 - over);
  expect(report.announced?.ipv4.countryOnly).toBe(SLASH_8 / 2);
  // A /48 of IPv6 counts 1.
  expect(report.all.ipv6).toMatchObject({ city: 2 ** 32, countryOnly: 2 ** 16 });
  expect(report.all.ipv6.total).toBeLessThan(2 ** 45);
  expect(report.countries.map(({ countryCode }) => countryCode)).toEqual(["RU", "GB", "NL"]);
});

test("flags are counted as they are answered, and lists by what they name", () => {
  expect(report.flags.ipv4).toMatchObject({
    vpn: 2 ** 16,
    // AS15169 without the override, the Anonymous-IP record, and the other override.
    hosting: SLASH_8 - 2 ** 16 + 2 ** 16 + 2 ** 8,
    // AS20057, and what the first dataset of types of connections says.
    mobile: SLASH_8 / 2 + SLASH_8 / 2,
  });
  const list = (flag: string) => report.lists.find((each) => each.flag === flag);
  expect(list("hosting")?.units.ipv4).toBe(SLASH_8 - 2 ** 16);
  expect(list("relay")).toMatchObject({ blocks: 11, systems: 1, isBuiltIn: true });
  const blocks = defaultTables().flatMap((table) => (table.flag === "relay" ? table.blocks : []));
  const sizes = blocks.map(({ block }) =>
    block.first.isIpv4 ? 2 ** (32 - block.prefixLength) : 0,
  );
  expect(list("relay")?.units.ipv4).toBe(sizes.reduce((sum, size) => sum + size, 0));
});

test("a dataset of more than 30 days is told as old", () => {
  const city = report.datasets.find(({ name }) => name === "city.mmdb");
  expect(city).toMatchObject({ ageDays: 54, isStale: true });
});

test("the map has the addresses in the cell of their coordinates", () => {
  const { latitude = 0, longitude = 0 } = locate(composer(), "1.0.0.1");
  const cell = Math.floor(latitude + 90) * CELLS.columns + Math.floor(longitude + 180);
  expect(report.density[cell]).toBe(SLASH_8 - 2 ** 16);
  expect(report.density.filter((units) => units > 0)).toHaveLength(1);
});

function composer(): LocationComposer {
  const made = new LocationComposer(sources);
  made.setTime(TEST_TIME.getTime());
  return made;
}

test("a walk says of 2,000 addresses what lookups answer, and of which network it holds", () => {
  const [walk, answers, next, step] = [
    new Walk(sources),
    composer(),
    seededNumbers(SEED),
    newStep(),
  ];
  for (let i = 0; i < ADDRESSES; i++) {
    step.first.isIpv4 = false;
    // All of 2a00::/15, and of IPv4 what is below 16.0.0.0.
    step.first.words.set([(0x2a000000 | (next() & 0x1ffff)) >>> 0, next(), next(), next()]);
    if (i % 2 === 0) step.first.setIpv4(next() >>> 4);
    const text = formatAddress(step.first);
    walk.ask(step);
    const { countryCode, timezone, city, connection, security, network } = locate(answers, text);
    const exactness = step.place?.exactness;
    expect([text, step.place?.countryCode, step.place?.hasZone ?? false]).toEqual([
      text,
      countryCode,
      timezone !== undefined,
    ]);
    expect([text, step.systemNumber]).toEqual([text, connection?.autonomousSystemNumber]);
    expect([text, exactness === "city"]).toEqual([text, city !== undefined]);
    expect([text, (step.flags & 8) !== 0]).toEqual([text, security?.isHosting === true]);
    expect([text, (step.flags & 32) !== 0]).toEqual([text, connection?.isMobile === true]);
    expect([text, `${step.prefixLength}`]).toEqual([text, network?.split("/")[1]]);
  }
});

test("a sample is the same each time, of announced addresses of both families", () => {
  const [once, again] = [0, 1].map(() => sampleAddresses(new Walk(sources), 50, SEED));
  const texts = (once as Address[]).map(formatAddress);
  expect((again as Address[]).map(formatAddress)).toEqual(texts);
  expect(new Set(texts).size).toBe(50);
  expect(texts.filter((text) => text.includes(":"))).toHaveLength(10);
  for (const text of texts) expect(text).toMatch(/^(?:1\.|2\.(?:\d\d?|1[01]\d|12[0-7])\.|2a00:)/);
});

test("two datasets are compared by country, region and distance, where both say something", () => {
  const place = (code: string, region: string, latitude: number) => ({
    country: { iso_code: code },
    subdivisions: [{ iso_code: region }],
    location: { latitude, longitude: 10 },
  });
  const layer = (records: Parameters<typeof writeMmdb>[0]) =>
    sourcesOf({ "a.mmdb": writeMmdb(records) }).layers;
  const ours = layer({
    "1.0.0.0/8": place("DE", "BE", 52),
    "2.0.0.0/8": place("DE", "BE", 52),
    "3.0.0.0/8": place("FR", "IDF", 48),
    "4.0.0.0/8": RUSSIA,
  });
  const [theirs] = layer({
    "1.0.0.0/8": place("DE", "BE", 53),
    "2.0.0.0/8": place("DE", "BB", 52),
    "3.0.0.0/8": place("CH", "GE", 46),
    "5.0.0.0/8": RUSSIA,
  });
  const addresses = [1, 2, 3, 4, 5, 6].map((first) => {
    const address = new Address();
    address.setIpv4(first * SLASH_8 + 1);
    return address;
  });
  const beside = compareBeside(addresses, ours, theirs as (typeof ours)[number]);
  expect(beside.country).toEqual({ both: 3, same: 2, onlyOurs: 1, onlyTheirs: 1 });
  expect(beside.region).toEqual({ both: 2, same: 1, onlyOurs: 0, onlyTheirs: 0 });
  // A degree of latitude is 111.2 km.
  expect(beside.distancesKm.map(Math.round)).toEqual([0, 111, 222]);
});
