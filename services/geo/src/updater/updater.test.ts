import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createLog } from "@geomesh/runtime/log";
import { createTestClock, type TestClock } from "@geomesh/testing/test-clock";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DatasetFacts } from "../layers/layer.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { nextTry } from "./schedule.ts";
import { sourcesOf, type UpdateSource } from "./source.ts";
import { StateFile } from "./state-file.ts";
import { Updater } from "./updater.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const city = writeMmdb({ "1.0.0.0/8": RECORDS.city });

let server: Server;
let requests: IncomingMessage[];
let bodies: Record<string, Buffer>;
let directory: string;
let clock: TestClock;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-updater-"));
  requests = [];
  bodies = {};
  clock = createTestClock(Date.UTC(2026, 2, 15));
  server = createServer((request, response) => {
    requests.push(request);
    const body = bodies[request.url ?? ""];
    if (body === undefined) return void response.writeHead(404).end();
    const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 8)}"`;
    if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
    response.writeHead(200, { etag }).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function source(path: string, more: Partial<UpdateSource> = {}): UpdateSource {
  const url = () => base() + path;
  return { name: "city.mmdb", packing: "plain", headers: {}, url, ...more };
}

/** A new process over the same directory; returns the problems that it logs. */
async function run(from: UpdateSource, serving?: DatasetFacts): Promise<string[]> {
  const problems: string[] = [];
  const write = (line: string) => void problems.push(JSON.parse(line).problem);
  const log = createLog({ service: "geo", level: "warn", destination: { write } });
  const updater = new Updater(
    {
      sources: [from],
      directory,
      states: await StateFile.open(join(directory, "updates.json")),
      serving: () => serving,
      clock,
      random: () => 0,
      log,
    },
    { intervalMs: DAY_MS },
  );
  await updater.runDue();
  return problems;
}

const datasets = async () => (await readdir(directory)).filter((name) => name !== "updates.json");

function tar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  return Buffer.concat([header, content, Buffer.alloc(512 - (content.length % 512 || 512))]);
}

test("a download is put in place once, and a restart loop never downloads again", async () => {
  bodies["/city"] = city;
  for (let restart = 0; restart < 20; restart++) expect(await run(source("/city"))).toEqual([]);
  expect(await readFile(join(directory, "city.mmdb"))).toEqual(city);
  expect(requests).toHaveLength(1);
  expect(await datasets()).toEqual(["city.mmdb"]);
});

test("after an interval a file is requested with its validator, and not downloaded if it is unchanged", async () => {
  bodies["/city"] = city;
  expect(await run(source("/city"))).toEqual([]);
  clock.advance(DAY_MS);
  expect(await run(source("/city"))).toEqual([]);
  expect(requests.map(({ headers }) => headers["if-none-match"] !== undefined)).toEqual([
    false,
    true,
  ]);
});

test("a publisher that fails is asked a few times a day, also by a process that restarts every 5 minutes", async () => {
  for (let minute = 0; minute < 24 * 60; minute += 5) {
    for (const problem of await run(source("/missing"))) expect(problem).toMatch(/status 404/);
    clock.advance(5 * 60_000);
  }
  expect(requests.length).toBeGreaterThan(1);
  expect(requests.length).toBeLessThanOrEqual(6);
  expect(await datasets()).toEqual([]);
});

test("the archive of MaxMind is requested with the credentials, compared with its digest and unpacked", async () => {
  const archive = gzipSync(
    Buffer.concat([
      tar("GeoLite2-City_20260310/COPYRIGHT.txt", Buffer.from("text")),
      tar("GeoLite2-City_20260310/GeoLite2-City.mmdb", city),
    ]),
  );
  bodies["/archive"] = archive;
  bodies["/archive.sha256"] = Buffer.from(
    `${createHash("sha256").update(archive).digest("hex")}  x.tar.gz\n`,
  );
  const headers = { authorization: "Basic dXNlcjprZXk=" };
  const digestUrl = () => `${base()}/archive.sha256`;
  expect(await run(source("/archive", { packing: "tar.gz", headers, digestUrl }))).toEqual([]);
  expect(await readFile(join(directory, "city.mmdb"))).toEqual(city);
  expect(requests.map((request) => request.headers.authorization)).toEqual(
    Array(2).fill(headers.authorization),
  );
});

test.each<[string, () => [UpdateSource, Record<string, Buffer>], RegExp]>([
  [
    "whose digest differs",
    () => [
      source("/city", { digestUrl: () => `${base()}/digest` }),
      { "/city": city, "/digest": Buffer.alloc(64, "0") },
    ],
    /SHA-256 differs/,
  ],
  [
    "that is cut off",
    () => [
      source("/city.gz", { packing: "gzip" }),
      { "/city.gz": gzipSync(city).subarray(0, -20) },
    ],
    /unexpected end of file/,
  ],
  [
    "that is not an archive",
    () => [
      source("/a", { packing: "tar.gz" }),
      { "/a": gzipSync(Buffer.from("text".repeat(500))) },
    ],
    /not a tar archive/,
  ],
  [
    "without the file in it",
    () => [source("/a", { packing: "tar.gz" }), { "/a": gzipSync(tar("a.txt", city)) }],
    /no .mmdb file/,
  ],
  [
    "that is not a dataset",
    () => [source("/page"), { "/page": Buffer.from("<html>") }],
    /not an MMDB file/,
  ],
])(
  "a download %s leaves the directory as it was, and the reason is logged",
  async (_, prepare, reason) => {
    const [from, served] = prepare();
    bodies = served;
    expect(await run(from)).toEqual([expect.stringMatching(reason)]);
    expect(await datasets()).toEqual([]);
  },
);

test("a download that is older than the serving dataset does not replace its file", async () => {
  bodies["/city"] = city;
  const serving = {
    type: "Test-City",
    buildTime: new Date("2026-03-01"),
    networks: 1,
  } as DatasetFacts;
  expect(await run(source("/city"), serving)).toEqual([
    expect.stringMatching(/before the serving build/),
  ]);
  expect(await datasets()).toEqual([]);
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

test("settings become the URLs of the publishers", () => {
  const none = {
    maxmindAccountId: "",
    maxmindLicenseKey: "",
    maxmindEditions: "A",
    dbipEditions: "",
    updateUrls: [],
  };
  expect(sourcesOf(none)).toEqual([]);
  const wallMs = Date.parse("2026-03-15");
  const of = (settings: object) =>
    sourcesOf({ ...none, ...settings }).map(({ url, name, packing }) => [
      url(wallMs),
      name,
      packing,
    ]);
  expect(
    of({ maxmindAccountId: "7", maxmindLicenseKey: "k", maxmindEditions: "GeoLite2-City" }),
  ).toEqual([
    [
      "https://download.maxmind.com/geoip/databases/GeoLite2-City/download?suffix=tar.gz",
      "GeoLite2-City.mmdb",
      "tar.gz",
    ],
  ]);
  expect(of({ dbipEditions: "dbip-city-lite" })).toEqual([
    [
      "https://download.db-ip.com/free/dbip-city-lite-2026-03.mmdb.gz",
      "dbip-city-lite.mmdb",
      "gzip",
    ],
  ]);
  expect(
    of({ updateUrls: ["https://a.example/x/asn.csv.gz", "https://b.example/city.mmdb"] }),
  ).toEqual([
    ["https://a.example/x/asn.csv.gz", "asn.csv", "gzip"],
    ["https://b.example/city.mmdb", "city.mmdb", "plain"],
  ]);
  expect(() => of({ maxmindAccountId: "7" })).toThrow(/together/);
});
