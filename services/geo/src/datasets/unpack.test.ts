import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unpack } from "./unpack.ts";

const time = new Date("2026-06-17T00:00:00Z");
const content = Buffer.from("dataset ".repeat(10_000));
let directory: string;
let source: string;
let target: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-unpack-"));
  source = join(directory, "a.mmdb.gz");
  target = join(directory, "datasets", "a.mmdb");
  await writeFile(source, gzipSync(content));
});

afterEach(() => rm(directory, { recursive: true }));

test("starts at the same time leave one whole file and nothing else", async () => {
  await Promise.all(Array.from({ length: 8 }, () => unpack({ source, target, time })));
  expect(await readFile(target)).toEqual(content);
  expect(await readdir(join(directory, "datasets"))).toEqual(["a.mmdb"]);
  expect((await stat(target)).mtime).toEqual(time);
});

test("a file that is in place is left alone", async () => {
  await unpack({ source, target, time });
  const { ino } = await stat(target);
  await unpack({ source, target, time });
  expect((await stat(target)).ino).toBe(ino);
});

test("a file of another size is replaced, unless it is newer, as an update is", async () => {
  await unpack({ source, target, time });
  await writeFile(target, "cut off");
  await utimes(target, time, time);
  await unpack({ source, target, time });
  expect(await readFile(target)).toEqual(content);
  await writeFile(target, "update");
  await unpack({ source, target, time });
  expect(await readFile(target, "utf8")).toBe("update");
});

test("what a killed process left an hour ago is removed", async () => {
  await unpack({ source, target, time });
  const part = join(directory, "datasets", "a.mmdb.x.part");
  await writeFile(part, "left");
  await utimes(part, time, time);
  await rm(target);
  await unpack({ source, target, time });
  expect(await readdir(join(directory, "datasets"))).toEqual(["a.mmdb"]);
});
