import { expect, test } from "vitest";
import { NO_SETTINGS } from "../testing/updates.ts";
import { idOf, sourcesOf, type UrlSource } from "./source.ts";

test("two sources of one file are refused", () => {
  const updateUrls = ["https://a.example/x.mmdb", "https://b.example/x.mmdb.gz"];
  expect(() => sourcesOf({ ...NO_SETTINGS, updateUrls })).toThrow(
    /two update sources make the file x.mmdb/,
  );
});

test("a file of a package is a file of a source like any other", () => {
  const updateUrls = ["https://a.example/x.mmdb", "npm:a/files/x.mmdb.gz"];
  expect(() => sourcesOf({ ...NO_SETTINGS, updateUrls })).toThrow(
    /two update sources make the file x.mmdb/,
  );
  expect(sourcesOf({ ...NO_SETTINGS, updateUrls: ["npm:a", "npm:a@1.0.0"] }).map(idOf)).toEqual([
    "npm:a",
    "npm:a@1.0.0",
  ]);
});

test("a file of ip-location-db is compared with the digest that is published beside it", () => {
  const [source] = sourcesOf({ ...NO_SETTINGS, ipLocationDbEditions: "origin-asn" });
  expect((source as UrlSource).digestUrl?.(0)).toBe(
    "https://github.com/sapics/ip-location-db/releases/download/checksum/origin-asn.mmdb.sha256",
  );
});

test("settings become the URLs of the publishers", () => {
  expect(sourcesOf(NO_SETTINGS)).toEqual([]);
  const wallMs = Date.parse("2026-03-15");
  const of = (settings: object) =>
    sourcesOf({ ...NO_SETTINGS, ...settings }).map((source) =>
      "spec" in source ? source.spec : [source.url(wallMs), source.name],
    );
  expect(
    of({ maxmindAccountId: "7", maxmindLicenseKey: "k", maxmindEditions: "GeoLite2-City" }),
  ).toEqual([
    [
      "https://download.maxmind.com/geoip/databases/GeoLite2-City/download?suffix=tar.gz",
      "GeoLite2-City.mmdb",
    ],
  ]);
  expect(of({ dbipEditions: "dbip-city-lite" })).toEqual([
    ["https://download.db-ip.com/free/dbip-city-lite-2026-03.mmdb.gz", "dbip-city-lite.mmdb"],
  ]);
  expect(of({ ipLocationDbEditions: "origin-asn,dbip-asn" })).toEqual([
    [
      "https://github.com/sapics/ip-location-db/releases/download/latest/origin-asn.mmdb",
      "origin-asn.mmdb",
    ],
    [
      "https://github.com/sapics/ip-location-db/releases/download/latest/dbip-asn.mmdb",
      "dbip-asn.mmdb",
    ],
  ]);
  expect(of({ updateUrls: ["npm:@s/a@1.2.3/b/c.csv.gz"] })).toEqual([
    { name: "@s/a", version: "1.2.3", path: "b/c.csv.gz" },
  ]);
  expect(
    of({ updateUrls: ["https://a.example/x/asn.csv.gz", "https://b.example/city.mmdb"] }),
  ).toEqual([
    ["https://a.example/x/asn.csv.gz", "asn.csv"],
    ["https://b.example/city.mmdb", "city.mmdb"],
  ]);
  expect(() => of({ maxmindAccountId: "7" })).toThrow(/together/);
});
