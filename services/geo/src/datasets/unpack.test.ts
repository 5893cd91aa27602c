import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { DRAFT_EXTENSION } from "@geomesh/runtime/files/replace-file";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
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

test("a file that was built later than that of a package, which was installed after it, stays", async () => {
  const built = (day: string) =>
    writeMmdb({ "1.0.0.0/8": RECORDS.city }, { buildTime: new Date(day) });
  await writeFile(source, gzipSync(built("2026-03-01")));
  await unpack({ source, target, modifiedAt, wallMs: Date.now() });
  const update = built("2026-04-01");
  await writeFile(target, update);
  await utimes(target, modifiedAt, modifiedAt);
  const installedAt = new Date("2026-07-01T00:00:00Z");
  for (let start = 0; start < 2; start++) {
    await unpack({ source, target, modifiedAt: installedAt, wallMs: Date.UTC(2026, 6, 2) });
    expect(await readFile(target)).toEqual(update);
    expect((await stat(target)).mtime).toEqual(new Date(Date.UTC(2026, 6, 2)));
    expect(await readdir(dirname(target))).toEqual(["a.mmdb"]);
  }
  const newer = built("2026-05-01");
  await writeFile(source, gzipSync(newer));
  const later = new Date("2026-08-01T00:00:00Z");
  await unpack({ source, target, modifiedAt: later, wallMs: Date.UTC(2026, 7, 2) });
  expect(await readFile(target)).toEqual(newer);
});

test("a draft that a killed process left an hour ago is removed", async () => {
  const draft = await leaveDraft();
  await unpack({ source, target, modifiedAt, wallMs: Date.now() + 61 * 60_000 });
  expect(await readdir(join(directory, "datasets"))).not.toContain(basename(draft));
});

test("a draft that another process is about to put in place stays, however old the time it bears", async () => {
  const draft = await leaveDraft();
  await utimes(draft, modifiedAt, modifiedAt);
  await unpack({ source, target, modifiedAt, wallMs: Date.now() });
  expect(await readdir(join(directory, "datasets"))).toContain(basename(draft));
});

async function leaveDraft(): Promise<string> {
  const draft = `${target}.x${DRAFT_EXTENSION}`;
  await mkdir(dirname(draft), { recursive: true });
  await writeFile(draft, "left");
  return draft;
}
