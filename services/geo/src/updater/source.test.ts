import { expect, test } from "vitest";
import { NO_SETTINGS } from "../testing/updates.ts";
import { sourcesOf } from "./source.ts";

test("two sources of one file are refused", () => {
  const updateUrls = ["https://a.example/x.mmdb", "https://b.example/x.mmdb.gz"];
  expect(() => sourcesOf({ ...NO_SETTINGS, updateUrls })).toThrow(
    /two update sources make the file x.mmdb/,
  );
});

test("settings become the URLs of the publishers", () => {
  expect(sourcesOf(NO_SETTINGS)).toEqual([]);
  const wallMs = Date.parse("2026-03-15");
  const of = (settings: object) =>
    sourcesOf({ ...NO_SETTINGS, ...settings }).map(({ url, name }) => [url(wallMs), name]);
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
  expect(
    of({ updateUrls: ["https://a.example/x/asn.csv.gz", "https://b.example/city.mmdb"] }),
  ).toEqual([
    ["https://a.example/x/asn.csv.gz", "asn.csv"],
    ["https://b.example/city.mmdb", "city.mmdb"],
  ]);
  expect(() => of({ maxmindAccountId: "7" })).toThrow(/together/);
});
