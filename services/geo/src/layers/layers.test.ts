import { expect, test } from "vitest";
import { composerOf, locate } from "../testing/locate.ts";
import type { MmdbValue } from "../testing/mmdb-values.ts";
import { type MmdbOptions, writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";

const sydney = { city: "Sydney", region: "New South Wales", postalCode: "2000", countryCode: "AU" };

test.each<[string, MmdbValue, object]>([
  ["GeoLite2-City", RECORDS.city, { city: "London", countryCode: "GB", latitude: 51.5142 }],
  [
    "GeoIP2-Enterprise",
    { ...RECORDS.city, traits: RECORDS.isp },
    { city: "London", connection: { ispName: "Telstra Internet" } },
  ],
  ["GeoLite2-Country", RECORDS.country, { country: "Germany", countryIsEu: true }],
  ["DBIP-City-Lite", RECORDS.city, { region: "England", regionIsoCode: "ENG" }],
  [
    "GeoLite2-ASN",
    RECORDS.asn,
    {
      connection: { autonomousSystemNumber: 1221, autonomousSystemOrganization: "Telstra Pty Ltd" },
    },
  ],
  [
    "GeoIP2-ISP",
    RECORDS.isp,
    { connection: { ispName: "Telstra Internet", organizationName: "Telstra Internet" } },
  ],
  [
    "GeoIP2-Connection-Type",
    RECORDS.connectionType,
    { connection: { connectionType: "Cable/DSL" } },
  ],
  ["GeoIP2-Domain", RECORDS.domain, { connection: { domain: "maxmind.com" } }],
  [
    "GeoIP2-Anonymous-IP",
    RECORDS.anonymousIp,
    { security: { isVpn: true, isProxy: false, isTor: true, isHosting: true } },
  ],
  [
    "ip-location-db City",
    RECORDS.flatCity,
    { ...sydney, latitude: -33.5, timezone: { name: "Australia/Sydney" } },
  ],
  [
    "ip-location-db Country",
    RECORDS.flatCountry,
    { countryCode: "AU", currency: { currencyCode: "AUD" } },
  ],
  ["ip-location-db ASN", RECORDS.asn, { connection: { autonomousSystemNumber: 1221 } }],
  [
    "ipinfo bundle_lite",
    RECORDS.ipinfoLite,
    {
      country: "United States",
      countryCode: "US",
      continentCode: "NA",
      connection: {
        autonomousSystemNumber: 15169,
        autonomousSystemOrganization: "Google LLC",
        domain: "google.com",
      },
    },
  ],
])("a %s file is recognized by its records and read", (databaseType, record, expected) => {
  for (const recordSize of [24, 28, 32] as const) {
    for (const ipVersion of [4, 6] as const) {
      const options: MmdbOptions = { databaseType, recordSize, ipVersion };
      const composer = composerOf({ "any.mmdb": writeMmdb({ "1.128.0.0/11": record }, options) });
      const location = locate(composer, "1.130.0.1");
      expect(location).toMatchObject({ ...expected, network: "1.128.0.0/11" });
      const outside = locate(composer, "1.127.0.1");
      expect(outside.network).toBe("1.64.0.0/10");
      expect([outside.countryCode, outside.connection]).toEqual([undefined, undefined]);
      expect(locate(composer, "2a00::1").countryCode).toBeUndefined();
    }
  }
});

test("every place field of a nested record comes out in the language asked for, with English for names that lack it", () => {
  const composer = composerOf({ "a.mmdb": writeMmdb({ "2a00::/16": RECORDS.city }) });
  expect(locate(composer, "2a00::1", "de")).toMatchObject({
    city: "London",
    cityGeonameId: 2643743,
    region: "England",
    regionIsoCode: "ENG",
    regionGeonameId: 6269131,
    postalCode: "EC2V",
    country: "Vereinigtes Königreich",
    countryCode: "GB",
    countryGeonameId: 2635167,
    countryIsEu: false,
    registeredCountryCode: "US",
    continent: "Europa",
    continentCode: "EU",
    continentGeonameId: 6255148,
    latitude: 51.5142,
    longitude: -0.0931,
    accuracyRadiusKm: 10,
    timezone: {
      name: "Europe/London",
      abbreviation: "GMT",
      localTime: "2026-01-15T12:00:00+00:00",
    },
    flag: {
      emoji: "🇬🇧",
      unicode: "U+1F1EC U+1F1E7",
      svg: "/v1/flags/gb.svg",
      png: "/v1/flags/gb.png",
    },
    currency: { currencyCode: "GBP", currencySymbol: "£" },
  });
  expect(locate(composer, "2a00::1", "fr").city).toBe("Londres");
});

test("all place fields come from one layer, the most telling one that has a place", () => {
  const composer = composerOf({
    "country.mmdb": writeMmdb(
      { "1.0.0.0/8": RECORDS.country, "2.0.0.0/8": RECORDS.country },
      { databaseType: "GeoLite2-Country" },
    ),
    "city.mmdb": writeMmdb({ "1.0.0.0/9": RECORDS.city }, { databaseType: "GeoLite2-City" }),
  });
  expect(locate(composer, "1.1.1.1")).toMatchObject({ city: "London", countryCode: "GB" });
  expect(locate(composer, "1.200.1.1")).toMatchObject({ countryCode: "DE" });
  expect(locate(composer, "1.200.1.1").city).toBeUndefined();
});

test("connection fields are gathered from all layers, and the network is the one that holds for all of them", () => {
  const composer = composerOf({
    "isp.mmdb": writeMmdb({ "1.0.0.0/8": RECORDS.isp }, { databaseType: "GeoIP2-ISP" }),
    "type.mmdb": writeMmdb(
      { "1.2.0.0/16": RECORDS.connectionType },
      { databaseType: "GeoIP2-Connection-Type" },
    ),
    "asn.csv": Buffer.from("1.2.1.0,1.2.1.255,6450,Other\n2.0.0.0,2.0.0.255,6451,Only"),
  });
  expect(locate(composer, "1.2.1.1")).toMatchObject({
    network: "1.2.0.0/16",
    connection: {
      autonomousSystemNumber: 1221,
      ispName: "Telstra Internet",
      connectionType: "Cable/DSL",
    },
  });
  expect(locate(composer, "2.0.0.1").connection).toEqual({
    autonomousSystemNumber: 6451,
    autonomousSystemOrganization: "Only",
  });
});

test("a record that contradicts itself loses the doubtful field and nothing else", () => {
  const { location, ...rest } = RECORDS.city;
  const elsewhere = { ...rest, location: { ...location, time_zone: "Asia/Tokyo" } };
  const sound = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`3.${i}.0.0/16`, { ...rest, postal: { code: `P${i}` } }]),
  );
  const composer = composerOf({ "a.mmdb": writeMmdb({ ...sound, "1.0.0.0/8": elsewhere }) });
  const answer = locate(composer, "1.1.1.1");
  expect(answer).toMatchObject({ city: "London", latitude: 51.5142 });
  expect(answer.timezone).toBeUndefined();
});

test("a region that records put into two countries is unknown in all of them", () => {
  const { country, ...rest } = RECORDS.city;
  const abroad = {
    ...rest,
    country: { ...country, iso_code: "FR" },
    location: { latitude: 48.5, longitude: 2.5 },
  };
  const sound = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [
      `3.${i}.0.0/16`,
      { ...RECORDS.country, postal: { code: `P${i}` } },
    ]),
  );
  const composer = composerOf({
    "a.mmdb": writeMmdb({ ...sound, "1.0.0.0/8": abroad, "2.0.0.0/8": RECORDS.city }),
  });
  for (const text of ["1.1.1.1", "2.2.2.2"]) {
    const { city, region, regionIsoCode, regionGeonameId } = locate(composer, text);
    expect([city, region, regionIsoCode, regionGeonameId]).toEqual([
      "London",
      undefined,
      undefined,
      undefined,
    ]);
  }
});
