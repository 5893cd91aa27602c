import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { lockDirectory } from "./directory-lock.ts";

const IN_USE = "another gateway uses this directory";
const refusal = expect.objectContaining({ reason: "DIRECTORY_IN_USE", publicMessage: IN_USE });

let parent: string;
let dir: string;
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), "directory-lock-"));
  dir = path.join(parent, "held");
  await mkdir(dir);
});
afterEach(() => rm(parent, { recursive: true }));

async function lock(directory = dir) {
  const held = await lockDirectory(directory, IN_USE);
  onTestFinished(() => held.release());
  return held;
}

/** Another process that asks for the directory, and what it says of that. */
async function askElsewhere(): Promise<{ child: ChildProcess; answer: string }> {
  const main = new URL("fixtures/hold-directory.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, dir], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [answer] = await once(child.stdout, "data");
  return { child, answer: String(answer).trim() };
}

test("a second holder is refused, in this process and in another, also by another path", async () => {
  await lock();
  await expect(lock()).rejects.toThrow(refusal);
  await symlink(dir, path.join(parent, "link"));
  await expect(lock(path.join(parent, "link"))).rejects.toThrow(refusal);
  expect((await askElsewhere()).answer).toBe("DIRECTORY_IN_USE");
});

test("a directory that was released can be held again, here and elsewhere", async () => {
  await (await lock()).release();
  await (await lock()).release();
  expect((await askElsewhere()).answer).toBe("held");
});

test("a directory whose holder is killed with SIGKILL is free again", async () => {
  const { child, answer } = await askElsewhere();
  expect(answer).toBe("held");
  await expect(lock()).rejects.toThrow(refusal);
  child.kill("SIGKILL");
  await once(child, "exit");
  await lock();
});

test("one of many that ask at once gets the directory", async () => {
  const asked = await Promise.allSettled(Array.from({ length: 10 }, () => lock()));
  expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("directories beside each other are held apart, and are other places", async () => {
  const [one, other] = [await lock(), await lock(parent)];
  expect(one.place).toHaveLength(32);
  expect(one.place).not.toEqual(other.place);
});

test("a directory is the same place for each holder, and its copy is another", async () => {
  const first = await lock();
  await first.release();
  expect((await lock()).place).toEqual(first.place);
  await cp(dir, path.join(parent, "copy"), { recursive: true });
  expect((await lock(path.join(parent, "copy"))).place).not.toEqual(first.place);
});

test("a directory that does not exist is a rejection", async () => {
  await expect(lock(path.join(parent, "missing"))).rejects.toMatchObject({ code: "ENOENT" });
});
