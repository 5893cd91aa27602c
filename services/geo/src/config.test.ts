import { type ConfigError, describeSettings } from "@geomesh/runtime/config";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

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
    "GEO_UPDATE_URLS must list http(s) URLs between commas: entry 2 is not one",
  ]);
});

test("an update URL must name a file, and credentials in it are not shown", () => {
  const urls = "https://u:hush@a.example/, http://u:hush@b.example/x.mmdb";
  expect(problemsOf({ GEO_UPDATE_URLS: urls })).toEqual([
    "GEO_UPDATE_URLS must list http(s) URLs between commas: entry 1 does not end with the name of a file",
  ]);
  const config = readConfig({ GEO_UPDATE_URLS: "http://u:hush@b.example/x.mmdb" });
  expect(describeSettings(config).join()).not.toMatch(/hush/);
});

test("update URLs are read, and masked where the configuration is shown", () => {
  const urls = ["https://a.example/x.mmdb?token=hush", "http://b.example/y.csv.gz"];
  const config = readConfig({ GEO_UPDATE_URLS: urls.join(" ") });
  expect(config.updateUrls).toEqual(urls);
  expect(describeSettings(config)).toContain("GEO_UPDATE_URLS=[secret]");
});
