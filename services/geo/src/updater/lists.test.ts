import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ListSource } from "../lists/list-sources.ts";
import { loadSecurityLists } from "../security/load-lists.ts";
import { TestUpdates } from "../testing/updates.ts";
import { listUpdate } from "./list-update.ts";

const HOUR_MS = 3_600_000;
const FILE = "tor/exits";

let updates: TestUpdates;
let directory: string;
beforeEach(async () => {
  updates = await TestUpdates.start();
  directory = join(updates.directory, "security");
  await mkdir(directory);
});
afterEach(() => updates.close());

function run(more: Partial<ListSource> = {}): Promise<string[]> {
  const url = `${updates.base}/list`;
  const source = { file: FILE, url, everyHours: 1, format: { kind: "lines" }, ...more } as const;
  const signal = new AbortController().signal;
  const workDirectory = join(updates.directory, "incoming-lists");
  const { clock } = updates;
  return updates.runUpdate(() => listUpdate(source, { directory, workDirectory, clock, signal }));
}

const addresses = (count: number) =>
  Array.from({ length: count }, (_, i) => `100.64.${i >> 8}.${i & 255}`);
const has = (text: string) => {
  updates.bodies["/list"] = Buffer.from(text);
};
const content = async () => {
  const lines = (await readFile(join(directory, FILE), "utf8")).split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
};

test("a list is put in place in the form of the security lists, each entry once, and says where it is from", async () => {
  has("# exits\n100.64.0.1\n100.64.0.1\n2001:db9::/32\nAS64500\n");
  expect(await run()).toEqual([]);
  expect(await content()).toEqual(["100.64.0.1", "2001:db9::/32", "AS64500"]);
  const [heading] = (await readFile(join(directory, FILE), "utf8")).split("\n");
  expect(heading).toBe(`# ${new URL(updates.base).host}, 2026-03-15T00:00:00.000Z`);
  expect((await loadSecurityLists(directory)).systems.has(64500)).toBe(true);
  expect(await readdir(join(directory, "tor"))).toEqual(["exits"]);
  expect(await readdir(join(updates.directory, "incoming-lists"))).toEqual([]);
});

test("a list is asked for at its own time, by its validator, and again once its file is removed", async () => {
  has("100.64.0.1");
  await run();
  updates.clock.advance(HOUR_MS / 2);
  await run();
  expect(updates.requests).toHaveLength(1);
  updates.clock.advance(HOUR_MS);
  expect(await run()).toEqual([]);
  await rm(join(directory, FILE));
  updates.clock.advance(2 * HOUR_MS);
  expect(await run()).toEqual([]);
  expect(updates.requests.map(({ headers }) => headers["if-none-match"] !== undefined)).toEqual([
    false,
    true,
    false,
  ]);
  expect(await content()).toEqual(["100.64.0.1"]);
});

test("what a killed process left behind more than an hour ago is removed", async () => {
  const work = join(updates.directory, "incoming-lists");
  const left = randomUUID();
  const names = [`${left}.raw.packed`, `${left}.raw`, `${left}.list`, "of somebody else"];
  await mkdir(work);
  for (const name of names) await writeFile(join(work, name), "100.64.0.1\n");
  has("100.64.0.1\n");
  const { ctimeMs } = await stat(join(work, "of somebody else"));
  updates.clock.advance(ctimeMs + HOUR_MS - 60_000 - updates.clock.wallMs());
  expect(await run()).toEqual([]);
  expect((await readdir(work)).sort()).toEqual([...names].sort());
  updates.clock.advance(2 * HOUR_MS);
  expect(await run()).toEqual([]);
  expect(await readdir(work)).toEqual(["of somebody else"]);
});

test("a list that is packed with gzip is read", async () => {
  updates.bodies["/list"] = gzipSync("100.64.0.1\n");
  expect(await run()).toEqual([]);
  expect(await content()).toEqual(["100.64.0.1"]);
});

test.each<[what: string, text: string, reason: RegExp]>([
  ["is empty", "", /^the list is empty$/],
  ["has comments alone", "# 0 exits\n", /^the list is empty$/],
  [
    "is a page",
    "<html>\n<body>\n",
    /^the list's line 1 is neither a CIDR block nor an AS number: "<html>"$/,
  ],
  ["has a host name", "100.64.0.1\nexit.example\n", /^the list's line 2 is neither/],
  ["has bits beyond the prefix", "100.64.0.1/16\n", /^the list's line 1 is neither/],
  [
    "has all addresses of IPv4",
    "100.64.0.1\n0.0.0.0/0\n",
    /^the list's line 2 is 0.0.0.0\/0, a block that is larger than a \/8$/,
  ],
  ["has all addresses of IPv6", "::/0\n", /a block that is larger than a \/16$/],
  ["has a system beyond 32 bits", "AS4294967296\n", /a number that is no AS$/],
  [
    "has numbers of another kind",
    Array.from({ length: 100 }, (_, i) => `${1024 + i}`).join("\n"),
    /^the list has AS numbers alone, the one in place has blocks: remove/,
  ],
  [
    "lost more than half",
    addresses(49).join("\n"),
    /^the list has 49 entries, the one in place 100: remove/,
  ],
])("a list that %s is refused, and the one in place stays", async (_, text, reason) => {
  await mkdir(join(directory, "tor"));
  await writeFile(join(directory, FILE), addresses(100).join("\n"));
  has(text);
  expect(await run()).toEqual([expect.stringMatching(reason)]);
  expect(await content()).toEqual(addresses(100));
  expect(await readdir(join(directory, "tor"))).toEqual(["exits"]);
  expect(await readdir(join(updates.directory, "incoming-lists"))).toEqual([]);
});

test("a list may lose half of its entries", async () => {
  has(addresses(100).join("\n"));
  await run();
  has(addresses(50).join("\n"));
  updates.clock.advance(2 * HOUR_MS);
  expect(await run()).toEqual([]);
  expect(await content()).toHaveLength(50);
});

test("a list of more than 64 MiB is refused", async () => {
  updates.bodies["/list"] = Buffer.alloc(64 * 1024 * 1024 + 1, "1.1.1.1\n");
  expect(await run()).toEqual(["the download exceeds 67108864 bytes"]);
  expect(await readdir(directory)).toEqual([]);
});

test("a publisher that fails or asks to wait is waited for, and no URL is logged", async () => {
  updates.answers["/list"] = { status: 429, headers: { "retry-after": "86400" } };
  expect(await run()).toEqual(["the publisher answered with status 429"]);
  updates.clock.advance(23 * HOUR_MS);
  await run();
  expect(updates.requests).toHaveLength(1);
  updates.clock.advance(HOUR_MS);
  updates.answers["/list"] = { status: 404 };
  expect(await run()).toEqual(["the publisher answered with status 404"]);
  expect(updates.lines.join()).not.toContain(updates.base);
});
