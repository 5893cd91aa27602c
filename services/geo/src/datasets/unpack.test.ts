import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DRAFT_EXTENSION } from "@geomesh/runtime/files/replace-file";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unpack } from "./unpack.ts";

const modifiedAt = new Date("2026-06-17T00:00:00Z");
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

test("processes that start together leave one complete file and nothing else", async () => {
  await Promise.all(
    Array.from({ length: 8 }, () => unpack({ source, target, modifiedAt, wallMs: Date.now() })),
  );
  expect(await readFile(target)).toEqual(content);
  expect(await readdir(join(directory, "datasets"))).toEqual(["a.mmdb"]);
  expect((await stat(target)).mtime).toEqual(modifiedAt);
});

test("a file that is in place is not written again", async () => {
  await unpack({ source, target, modifiedAt, wallMs: Date.now() });
  const { ino } = await stat(target);
  await unpack({ source, target, modifiedAt, wallMs: Date.now() });
  expect((await stat(target)).ino).toBe(ino);
});

test("a file of another size is replaced, but not a newer one, such as an update", async () => {
  await unpack({ source, target, modifiedAt, wallMs: Date.now() });
  await writeFile(target, "cut off");
  await utimes(target, modifiedAt, modifiedAt);
  await unpack({ source, target, modifiedAt, wallMs: Date.now() });
  expect(await readFile(target)).toEqual(content);
  await writeFile(target, "update");
  await unpack({ source, target, modifiedAt, wallMs: Date.now() });
  expect(await readFile(target, "utf8")).toBe("update");
});

test("a draft that a killed process left an hour ago is removed", async () => {
  await unpack({ source, target, modifiedAt, wallMs: Date.now() });
  const draft = join(directory, "datasets", `a.mmdb.x${DRAFT_EXTENSION}`);
  await writeFile(draft, "left");
  await utimes(draft, modifiedAt, modifiedAt);
  await rm(target);
  await unpack({ source, target, modifiedAt, wallMs: Date.now() });
  expect(await readdir(join(directory, "datasets"))).toEqual(["a.mmdb"]);
});
