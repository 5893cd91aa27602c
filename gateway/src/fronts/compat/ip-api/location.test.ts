import { expect, test } from "vitest";
import {
  COUNTRY_ONLY,
  type LocationChange,
  special,
  UNKNOWN,
  WHOLE,
  wholeBut,
} from "../testing/locations.ts";
import { fieldsOf } from "./fields.ts";
import { ipApiLocation } from "./location.ts";

const USUAL = { fields: fieldsOf(undefined) };
const ALL = { fields: fieldsOf("66846719") };

test.each<[string, unknown, string]>([
  ["status", "success", "found"],
  ["continent", "Europe", "its name"],
  ["continentCode", "EU", "text"],
  ["country", "United Kingdom", "its name"],
  ["countryCode", "GB", "text"],
  ["region", "ENG", "its code"],
  ["regionName", "England", "its name"],
  ["city", "London", "text"],
  ["district", "", "never known"],
  ["zip", "N2", "text"],
  ["lat", 51.5967, "a number"],
  ["lon", -0.15, "a number"],
  ["timezone", "Europe/London", "its name"],
  ["offset", 3600, "seconds"],
  ["currency", "GBP", "its code"],
  ["isp", "Andrews & Arnold", "text"],
  ["org", "STONEHOUSE", "text"],
  ["as", "AS20712 Andrews & Arnold Ltd", "number and holder in one text"],
  ["asname", "Andrews & Arnold Ltd", "the holder"],
  ["reverse", "", "never known"],
  ["mobile", false, "truth"],
  ["proxy", false, "neither VPN, proxy nor Tor"],
  ["hosting", true, "truth"],
  ["query", "81.2.69.142", "the address"],
])("ip-api's %s is %j: %s", (field, value) => {
  expect(ipApiLocation(WHOLE, ALL)).toHaveProperty(field, value);
});

test("ip-api answers fourteen keys where none is named", () => {
  expect(Object.keys(ipApiLocation(WHOLE, USUAL)).toSorted()).toEqual(
    [
      ...["as", "city", "country", "countryCode", "isp", "lat", "lon", "org", "query"],
      ...["region", "regionName", "status", "timezone", "zip"],
    ].toSorted(),
  );
});

test.each<[LocationChange, object, string]>([
  [{ connection: { isMobile: true } }, { mobile: true }, "a mobile network"],
  [{ security: { isVpn: true } }, { proxy: true }, "one is enough"],
  [{ security: { isTor: true, isVpn: false } }, { proxy: true }, "one is enough"],
])("ip-api's clients read %j as %j: %s", (change, members) => {
  expect(ipApiLocation(wholeBut(change), ALL)).toMatchObject(members);
});

test("ip-api's texts are empty where they are unknown, numbers and truths are left out", () => {
  const answered = JSON.parse(JSON.stringify(ipApiLocation(COUNTRY_ONLY, ALL)));
  expect(answered).toMatchObject({
    status: "success",
    city: "",
    zip: "",
    as: "",
    country: "Japan",
  });
  for (const key of ["lat", "lon", "offset", "mobile", "proxy", "hosting"]) {
    expect(answered).not.toHaveProperty(key);
  }
  const half = ipApiLocation(wholeBut({ security: { isVpn: false } }), ALL);
  expect(half.proxy).toBeUndefined();
});

test.each([
  [special("10.0.0.1", "Private-Use"), "private range", "10.0.0.1", "RFC 1918"],
  [special("fd00::1", "Unique-Local"), "private range", "fd00::1", "RFC 4193"],
  [special("127.0.0.1", "Loopback"), "reserved range", "127.0.0.1", "any other purpose"],
  [UNKNOWN, "unknown address", "8.8.4.4", "in no dataset"],
])("ip-api fails for %j as %s of %s: %s", (location, message, query) => {
  expect(ipApiLocation(location, USUAL)).toEqual({ status: "fail", message, query });
});

test("ip-api's names are in the language of the entry where they come in all", () => {
  const german = ipApiLocation(WHOLE, { ...ALL, language: "de" });
  expect(german).toMatchObject({ country: "Vereinigtes Königreich", continent: "Europa" });
  expect(german.regionName).toBe("England");
});
