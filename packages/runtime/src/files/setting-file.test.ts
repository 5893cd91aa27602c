import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { readSettingFile } from "./setting-file.ts";

const dir = mkdtempSync(path.join(tmpdir(), "setting-file-"));

test("the file of a setting is read as it is", async () => {
  const file = path.join(dir, "token");
  writeFileSync(file, " hush\n");
  expect(`${await readSettingFile("AUTH_TOKEN_FILE", file)}`).toBe(" hush\n");
});

test.each([
  ["is not there", path.join(dir, "none"), "ENOENT"],
  ["is a directory", dir, "EISDIR"],
])("one that %s is a mistake of that setting", async (_, file, code) => {
  await expect(readSettingFile("AUTH_TOKEN_FILE", file)).rejects.toMatchObject({
    reason: "SETTING_INVALID",
    message: `AUTH_TOKEN_FILE: ${file} cannot be read (${code})`,
    cause: { code },
  });
});
