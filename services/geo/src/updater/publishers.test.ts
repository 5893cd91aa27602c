import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { tarEntry } from "../testing/tar-writer.ts";
import { NO_SETTINGS, TestUpdates } from "../testing/updates.ts";
import { sourcesOf, type UrlSource } from "./source.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const city = writeMmdb({ "1.0.0.0/8": RECORDS.city });

let updates: TestUpdates;
beforeEach(async () => {
  updates = await TestUpdates.start();
});
afterEach(() => updates.close());

test.each<[string, () => Buffer, Record<string, string>]>([
  ["with gzip", () => gzipSync(city), {}],
  [
    "with gzip, which the server also states as the encoding",
    () => gzipSync(city),
    { "content-encoding": "gzip" },
  ],
  [
    "with gzip, and once more by the server",
    () => gzipSync(gzipSync(city)),
    { "content-encoding": "gzip" },
  ],
  ["as a tar archive", () => tarEntry("city.mmdb", city), {}],
  ["as a tar archive with gzip", () => gzipSync(tarEntry("city.mmdb", city)), {}],
  ["not at all", () => city, {}],
])(
  "a download that is packed %s is in service, whatever its name says",
  async (_, body, headers) => {
    for (const path of ["/city.mmdb", "/city.tar.gz", "/city.mmdb.gz"]) {
      updates.bodies[path] = body();
      updates.answers[path] = { headers };
      expect(await updates.run(updates.source(path, { name: `${path.length}.mmdb` }))).toEqual([]);
      expect(await readFile(join(updates.directory, `${path.length}.mmdb`))).toEqual(city);
    }
  },
);

test.each([
  ["a zip archive", "504b030414000000"],
  ["compressed with xz", "fd377a585a0000"],
  ["compressed with bzip2", "425a683931"],
  ["compressed with zstd", "28b52ffd04"],
])("a download that is %s is refused by that name", async (what, magic) => {
  updates.bodies["/city.gz"] = Buffer.concat([Buffer.from(magic, "hex"), Buffer.alloc(600)]);
  expect(await updates.run(updates.source("/city.gz"))).toEqual([
    `the download is ${what}, which geo does not read; it reads gzip and tar`,
  ]);
});

test("credentials in an update URL are sent as Basic and stand in no line of the log", async () => {
  const { port } = updates.server.address() as AddressInfo;
  const updateUrls = [`http://us%40er:P%25W-hush@127.0.0.1:${port}/x.mmdb`];
  const [from] = sourcesOf({ ...NO_SETTINGS, updateUrls }) as [UrlSource];
  expect(from.url(0)).toBe(`${updates.base}/x.mmdb`);
  updates.bodies["/x.mmdb"] = city;
  expect(await updates.run(from)).toEqual([]);
  const basic = `Basic ${Buffer.from("us@er:P%W-hush").toString("base64")}`;
  expect(updates.requests[0]?.headers.authorization).toBe(basic);
  updates.clock.advance(2 * DAY_MS);
  updates.answers["/x.mmdb"] = { status: 500 };
  expect(await updates.run(from)).toEqual([expect.stringMatching(/status 500/)]);
  updates.clock.advance(2 * DAY_MS);
  updates.server.close();
  updates.server.closeAllConnections();
  expect(await updates.run(from)).toEqual([expect.stringMatching(/ECONNREFUSED/)]);
  expect(updates.lines.length).toBeGreaterThan(0);
  expect(updates.lines.join()).not.toMatch(/hush|us%40er|us@er/);
});

test("a publisher that cannot be reached is logged with the cause", async () => {
  const port = await freePort();
  const refused = updates.source("", { url: () => `http://127.0.0.1:${port}/x.mmdb` });
  expect(await updates.run(refused)).toEqual([
    `fetch failed: connect ECONNREFUSED 127.0.0.1:${port}`,
  ]);
});

test("a publisher that ends the connection is logged with the cause", async () => {
  updates.server.removeAllListeners("request").on("request", ({ socket }) => socket.destroy());
  expect(await updates.run(updates.source("/city"))).toEqual(["fetch failed: other side closed"]);
});

test("a publisher that cuts its answer off is logged with the cause", async () => {
  updates.server.removeAllListeners("request").on("request", (_, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("x", () => response.destroy());
  });
  expect(await updates.run(updates.source("/city"))).toEqual([
    expect.stringMatching(/^terminated: /),
  ]);
  expect(await updates.datasets()).toEqual([]);
});

test("every request has a connection of its own, so one that the publisher closes fails nothing", async () => {
  updates.bodies["/city"] = city;
  await updates.run(updates.source("/city"));
  updates.clock.advance(2 * DAY_MS);
  await updates.run(updates.source("/city"));
  expect(updates.requests.map(({ headers }) => headers.connection)).toEqual(["close", "close"]);
  await eventually(() => updates.requests.every(({ socket }) => socket.destroyed));
});

test.each([
  ["a wait beyond the own one", 429, "172800", 48],
  ["a date", 503, new Date(Date.UTC(2026, 2, 16, 12)).toUTCString(), 36],
  ["a shorter wait", 429, "60", 1],
  ["a wait of years", 503, "999999999", 7 * 24],
  ["nonsense", 503, "soon", 1],
  ["a date in the past", 503, new Date(0).toUTCString(), 1],
])(
  "Retry-After with %s (status %i, %s): asked again after %i h",
  async (_, status, header, hours) => {
    updates.answers["/city"] = { status, headers: { "retry-after": header } };
    await updates.run(updates.source("/city"));
    updates.clock.advance(hours * HOUR_MS - 1);
    await updates.run(updates.source("/city"));
    expect(updates.requests).toHaveLength(1);
    updates.clock.advance(1);
    await updates.run(updates.source("/city"));
    expect(updates.requests).toHaveLength(2);
  },
);

test.each([
  ["of 0 bytes", ""],
  ["cut off", '{"city.mmdb":{"nextTryMs":17'],
  ["of another form", "[]"],
  ["with a state that is none", '{"city.mmdb":{"nextTryMs":"soon","failures":0}}'],
])("a state file %s is set aside, and the updater starts", async (_, text) => {
  updates.bodies["/city"] = city;
  await writeFile(join(updates.directory, "updates.json"), text);
  expect(await updates.run(updates.source("/city"))).toEqual([
    "the states of updates are damaged; the file is set aside",
  ]);
  expect(await readFile(join(updates.directory, "updates.json.damaged"), "utf8")).toBe(text);
  expect(await updates.run(updates.source("/city"))).toEqual([]);
  expect(updates.requests).toHaveLength(1);
});

test("a try that a wrong clock put years ahead is due", async () => {
  updates.bodies["/city"] = city;
  updates.clock.advance(3 * 365 * DAY_MS);
  await updates.run(updates.source("/city"));
  updates.clock.advance(-3 * 365 * DAY_MS);
  await updates.run(updates.source("/city"));
  expect(updates.requests).toHaveLength(2);
});

test("a stop ends a download under way and leaves nothing behind", async () => {
  updates.server.removeAllListeners("request").on("request", (request, response) => {
    updates.requests.push(request);
    response.writeHead(200).write("x");
  });
  const closing = new AbortController();
  const running = updates.run(updates.source("/city"), { signal: closing.signal });
  await eventually(() => updates.requests.length === 1);
  closing.abort(new Error("geo stops"));
  expect(await running).toEqual(["geo stops"]);
  expect(await updates.datasets()).toEqual([]);
});
