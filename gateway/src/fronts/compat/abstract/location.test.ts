import { expect, test } from "vitest";
import { COUNTRY_ONLY, WHOLE } from "../testing/locations.ts";
import { ABSTRACT_KEYS, abstractLocation } from "./location.ts";

test.each<[string, unknown, string]>([
  ["ip_address", "81.2.69.142", "text"],
  ["city", "London", "text"],
  ["city_geoname_id", 2643743, "a number, not a text"],
  ["region", "England", "text"],
  ["region_iso_code", "ENG", "without the country"],
  ["region_geoname_id", 6269131, "a number"],
  ["postal_code", "N2", "text"],
  ["country", "United Kingdom", "text"],
  ["country_code", "GB", "text"],
  ["country_geoname_id", 2635167, "a number"],
  ["country_is_eu", false, "known not to be"],
  ["continent", "Europe", "text"],
  ["continent_code", "EU", "text"],
  ["continent_geoname_id", 6255148, "a number"],
  ["longitude", -0.15, "a number"],
  ["latitude", 51.5967, "a number"],
  ["security", { is_vpn: false }, "Abstract knows no proxies"],
  [
    "timezone",
    {
      name: "Europe/London",
      abbreviation: "BST",
      gmt_offset: 1,
      current_time: "12:34:56",
      is_dst: true,
    },
    "without the offset in seconds and the local time",
  ],
  [
    "flag",
    {
      emoji: "🇬🇧",
      unicode: "U+1F1EC U+1F1E7",
      svg: "/v1/flags/gb.svg",
      png: "/v1/flags/gb.png",
    },
    "all of it",
  ],
  ["currency", { currency_name: "British Pound", currency_code: "GBP" }, "without its symbol"],
  [
    "connection",
    {
      autonomous_system_number: 20712,
      autonomous_system_organization: "Andrews & Arnold Ltd",
      connection_type: "Cable/DSL",
      isp_name: "Andrews & Arnold",
      organization_name: "STONEHOUSE",
    },
    "without the domain and what lists tell",
  ],
  ["network", "81.2.69.128/25", "a key of our own at the top"],
  ["is_overridden", false, "a key of our own without an unknown"],
])("at /v1, %s is %j: %s", (key, value) => {
  expect(abstractLocation(WHOLE)[key]).toEqual(value);
});

test("at /v1 all keys are there whatever is known, objects too, with null for what is not", () => {
  const location = abstractLocation(COUNTRY_ONLY);
  expect(Object.keys(location)).toEqual(Object.keys(abstractLocation(WHOLE)));
  expect(location).toMatchObject({
    ...{ city: null, latitude: null, country: "Japan", special_purpose: null },
    connection: { autonomous_system_number: null, isp_name: null },
    security: { is_vpn: null },
  });
});

test("names in all languages are no key of Abstract's", () => {
  expect(ABSTRACT_KEYS).not.toContain("names");
  expect(abstractLocation(WHOLE)).not.toHaveProperty("names");
});

test("only the keys that are asked for are answered", () => {
  expect(abstractLocation(WHOLE, new Set(["city", "currency"]))).toEqual({
    city: "London",
    currency: { currency_name: "British Pound", currency_code: "GBP" },
  });
});
