import { type MmdbValue, mmdb } from "./mmdb-values.ts";
import { writeMmdb } from "./mmdb-writer.ts";
import { RECORDS } from "./records.ts";

/** Zones with and without summer time, and with offsets of parts of an hour. */
const ZONES = [
  ["GB", "Europe/London"],
  ["DE", "Europe/Berlin"],
  ["IN", "Asia/Kolkata"],
  ["AU", "Australia/Lord_Howe"],
  ["MA", "Africa/Casablanca"],
] as const;

/** How many blocks of each family the datasets have: `1.<n>.0.0/16` and `2a00:<n>::/32` in decimal digits. */
export const VARIED_BLOCKS = 40;

/**
 * Datasets by file name, whose blocks differ in place, zone, connection and security. Some share a place or a network, some
 * lack either. Each number of a build gives other cities.
 */
export function variedDatasets(build: number): Record<string, Buffer> {
  const numbers = Array.from({ length: VARIED_BLOCKS }, (_, n) => n);
  const files = {
    "city.mmdb": recordsOf(numbers, (n) => (n % 7 === 6 ? undefined : cityOf(n % 25, build))),
    "asn.mmdb": recordsOf(numbers, (n) => (n % 5 === 4 ? undefined : systemOf(n % 9))),
    "domain.mmdb": recordsOf(numbers, (n) => (n % 3 === 0 ? RECORDS.domain : undefined)),
    "anonymous.mmdb": recordsOf(numbers, (n) => (n % 11 === 0 ? RECORDS.anonymousIp : undefined)),
  };
  const buildTime = new Date(Date.UTC(2026, 0, 1 + build));
  return Object.fromEntries(
    Object.entries(files).map(([name, records]) => [name, writeMmdb(records, { buildTime })]),
  );
}

function recordsOf(
  numbers: readonly number[],
  recordOf: (n: number) => MmdbValue | undefined,
): Record<string, MmdbValue> {
  const blocks = numbers.flatMap((n): [string, MmdbValue][] => {
    const record = recordOf(n);
    if (record === undefined) return [];
    return [
      [`1.${n}.0.0/16`, record],
      [`2a00:${n}::/32`, record],
    ];
  });
  return Object.fromEntries(blocks);
}

function cityOf(n: number, build: number): MmdbValue {
  const [code, zone] = ZONES[n % ZONES.length] as (typeof ZONES)[number];
  return {
    ...RECORDS.city,
    city: {
      geoname_id: 1000 * build + n + 1,
      names: { en: `City "${n}" of ${build}`, ja: `市\u0001${n}`, fr: `Ville\\${n}` },
    },
    country: { ...RECORDS.city.country, iso_code: code },
    location: {
      accuracy_radius: mmdb.uint16(n + 1),
      latitude: mmdb.double(n * 1.25),
      longitude: mmdb.double(n * -2.5),
      time_zone: zone,
    },
    subdivisions: code === "GB" ? RECORDS.city.subdivisions : [],
  };
}

function systemOf(n: number): MmdbValue {
  const system = {
    autonomous_system_number: 1200 + n,
    autonomous_system_organization: `Système "${n}"`,
  };
  // One system has names that make its part longer than a part may be.
  const long = "x".repeat(1000);
  const names = { connection_type: long, domain: long, isp: long, organization: long };
  return n === 8 ? { ...system, ...names, autonomous_system_organization: long } : system;
}
