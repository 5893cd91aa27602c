import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DRAFT_EXTENSION, type FileContent, replaceFile } from "./replace-file.ts";

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "replace-file-"));
  file = path.join(dir, "content");
});
afterEach(() => rm(dir, { recursive: true }));

const read = () => readFile(file, "utf8");
const modeOf = async () => (await stat(file)).mode & 0o777;

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** Pieces whose source fails after the first. */
async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw new Error("the download was cut");
}

const contents: [string, () => FileContent, string][] = [
  ["a text", () => "Käse", "Käse"],
  ["bytes", () => Buffer.from("bytes"), "bytes"],
  ["pieces that arrive one after another", () => pieces("one ", "two ", "three"), "one two three"],
  ["no piece at all", () => pieces(), ""],
];
test.each(contents)(
  "%s is written as it is, and nothing is left beside it",
  async (_, make, text) => {
    await replaceFile(file, make());
    expect(await read()).toBe(text);
    await replaceFile(file, "longer than all of them, and then");
    await replaceFile(file, make());
    expect(await read()).toBe(text);
    expect(await readdir(dir)).toEqual(["content"]);
  },
);

test("readers see the old content or the new, whole, at every moment", async () => {
  const contentOf = (letter: string) => letter.repeat(256 * 1024);
  await replaceFile(file, contentOf("a"));
  let isWriting = true;
  const writing = (async () => {
    for (const letter of "bcdefghijklmnopqrst") {
      const half = contentOf(letter).slice(128 * 1024);
      await replaceFile(file, letter < "k" ? contentOf(letter) : pieces(half, half));
    }
    isWriting = false;
  })();
  const seen = new Set<string>();
  while (isWriting) {
    const text = await read();
    expect(text === contentOf(text.charAt(0))).toBe(true);
    seen.add(text.charAt(0));
  }
  await writing;
  expect(seen.size).toBeGreaterThan(1);
  expect((await read()).charAt(0)).toBe("t");
});

test("a writer killed with SIGKILL in the middle leaves the old file, and half of one only under a draft's name", async () => {
  await replaceFile(file, "old");
  const main = new URL("fixtures/replace-slowly.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, file], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await read()).toBe("old");
  const others = (await readdir(dir)).filter((name) => name !== "content");
  expect(others).toEqual([expect.stringMatching(/^content\./)]);
  expect(others.every((name) => name.endsWith(DRAFT_EXTENSION))).toBe(true);
});

test("content that fails leaves the old file and no draft", async () => {
  await replaceFile(file, "old");
  await expect(replaceFile(file, broken())).rejects.toThrow("the download was cut");
  expect(await read()).toBe("old");
  expect(await readdir(dir)).toEqual(["content"]);
});

test("content that fails creates no file", async () => {
  await expect(replaceFile(file, broken())).rejects.toThrow("the download was cut");
  expect(await readdir(dir)).toEqual([]);
});

test("an error of the file system leaves what is there and no draft", async () => {
  await mkdir(file);
  await expect(replaceFile(file, "new")).rejects.toMatchObject({ code: "EISDIR" });
  expect(await readdir(dir)).toEqual(["content"]);
  const missing = path.join(dir, "missing", "content");
  await expect(replaceFile(missing, "new")).rejects.toMatchObject({ code: "ENOENT" });
});

test("only the owner may read the new file, whoever could read the old one", async () => {
  await writeFile(file, "old", { mode: 0o644 });
  await replaceFile(file, "new");
  expect(await modeOf()).toBe(0o600);
});

test("a mode and a time of modification may be given", async () => {
  const modifiedAt = new Date("2026-01-02T03:04:05Z");
  await replaceFile(file, "new", { mode: 0o640, modifiedAt });
  expect(await modeOf()).toBe(0o640);
  expect((await stat(file)).mtime).toEqual(modifiedAt);
});

test("writers that meet leave the whole content of one of them", async () => {
  const letters = [..."abcdefgh"];
  await Promise.all(letters.map((letter) => replaceFile(file, letter.repeat(10_000))));
  const text = await read();
  expect(letters.map((letter) => letter.repeat(10_000))).toContain(text);
  expect(await readdir(dir)).toEqual(["content"]);
});
