import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { syncDirectory, syncDirectoryNow } from "./sync-directory.ts";

test("a directory is synced, and a missing one is an error, in both forms", async () => {
  const dir = await mkdtemp(join(tmpdir(), "sync-"));
  await syncDirectory(dir);
  syncDirectoryNow(dir);
  await rmdir(dir);
  await expect(syncDirectory(dir)).rejects.toMatchObject({ code: "ENOENT" });
  expect(() => syncDirectoryNow(dir)).toThrow("ENOENT");
});
