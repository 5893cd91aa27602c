import { expect, test } from "vitest";
import { creditsOf } from "./credits.ts";

test.each([
  ["GeoLite2-City", /geolite2\/eula/, /GeoLite Data created by MaxMind/],
  ["GeoIP2-Enterprise", /end-user-license-agreement/, /^$/],
  ["DBIP-City-Lite", /^CC BY 4.0/, /https:\/\/db-ip.com/],
  ["ipinfo bundle_lite", /^CC BY-SA 4.0/, /https:\/\/ipinfo.io/],
])(
  "a dataset of the type %s names its licence and what it asks for",
  (type, license, attribution) => {
    expect(creditsOf(type).license).toMatch(license);
    expect(creditsOf(type).attribution).toMatch(attribution);
  },
);

test.each([
  "Acme-City",
  "ASN-CSV",
  "DBIP-Location-ISP (compat=Enterprise)",
  "ipinfo standard_location",
  "",
])("a dataset of the type %j, whose licence is not known, names nobody", (type) => {
  expect(creditsOf(type)).toEqual({ license: "", attribution: "" });
});
