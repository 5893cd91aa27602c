import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "@geomesh/runtime/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Watched } from "./watched.ts";

const log = createLog({ service: "geo", destination: { write: () => undefined } });
let directory: string;
let lists: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "watched-"));
  lists = join(directory, "lists");
  await mkdir(lists);
});

afterEach(() => rm(directory, { recursive: true }));

async function put(contents: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(contents)) {
    await writeFile(join(lists, name), content);
  }
}

async function readAll(path: string): Promise<string> {
  const names = (await readdir(path)).sort();
  return (await Promise.all(names.map((name) => readFile(join(path, name), "utf8")))).join();
}

test("files that change while they are read are read again", async () => {
  await put({ a: "old a", b: "old b" });
  const seen: string[] = [];
  const read = async (path: string) => {
    const value = await readAll(path);
    if (seen.push(value) === 1) await put({ a: "new a!", b: "new b!" });
    return value;
  };
  const watched = new Watched({ path: lists, initial: "none", read, log });
  expect(await watched.poll()).toBe(true);
  expect(seen).toEqual(["old a,old b", "new a!,new b!"]);
  expect(watched.value).toBe("new a!,new b!");
  expect(await watched.poll()).toBe(false);
});

test("files that never stop changing keep the last valid value, and a poll ends", async () => {
  await put({ a: "a" });
  let changes = 0;
  let isChanging = false;
  const read = async (path: string) => {
    const value = await readAll(path);
    if (isChanging) await put({ a: "x".repeat(2 + ++changes) });
    return value;
  };
  const watched = new Watched({ path: lists, initial: "none", read, log });
  await watched.poll();
  isChanging = true;
  await put({ a: "x".repeat(2) });
  expect(await watched.poll()).toBe(false);
  expect(watched).toMatchObject({ value: "a", problem: undefined });
  isChanging = false;
  expect(await watched.poll()).toBe(true);
  expect(watched.value).toBe("x".repeat(2 + changes));
});

test("a directory that comes and goes at any moment fails no poll, and is read as a whole when it stays", async () => {
  await put({ a: "a", b: "b" });
  // What is not there is left out, as by a reader for whom each file is optional.
  const read = async (path: string) => {
    const names = ["a", "b"];
    const parts = names.map((name) => readFile(join(path, name), "utf8").catch(() => "missing"));
    return (await Promise.all(parts)).join();
  };
  const watched = new Watched({ path: lists, initial: "none", read, log });
  let isDone = false;
  const renames = (async () => {
    while (!isDone) {
      await rename(lists, join(directory, "gone"));
      await rename(join(directory, "gone"), lists);
    }
  })();
  try {
    for (let poll = 0; poll < 1000; poll++) await watched.poll();
  } finally {
    isDone = true;
    await renames;
  }
  await put({ b: "new b" });
  await watched.poll();
  expect(watched).toMatchObject({ value: "a,new b", problem: undefined });
});
