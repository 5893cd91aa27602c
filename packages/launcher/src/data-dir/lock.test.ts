import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataDir } from "./lock.ts";

const holder = fileURLToPath(new URL("fixtures/holder.ts", import.meta.url));
let parent: string;
let dir: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "geomesh-lock-"));
  dir = mkdtempSync(join(parent, "data-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

test("one data directory has one launcher, by whatever path it is named, until that one lets go", async () => {
  const alias = join(parent, "alias");
  symlinkSync(dir, alias);
  const lock = await lockDataDir(dir);
  await expect(lockDataDir(alias)).rejects.toThrow(
    /^Another mesh runs in DATA_DIR \S+: stop it, or set/,
  );
  await lock.release();
  await (await lockDataDir(alias)).release();
});

test("two data directories do not know of each other", async () => {
  const locks = [await lockDataDir(dir), await lockDataDir(parent)];
  for (const lock of locks) await lock.release();
});

test("the lock of a launcher that was killed is free at once", async () => {
  const child = spawn(process.execPath, [holder, dir]);
  await once(child.stdout, "data");
  await expect(lockDataDir(dir)).rejects.toThrow(/Another mesh runs/);
  child.kill("SIGKILL");
  await once(child, "exit");
  await (await lockDataDir(dir)).release();
});
