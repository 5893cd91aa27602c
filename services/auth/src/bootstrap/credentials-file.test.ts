import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateApiKey } from "@geomesh/terms/api-key";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCredentialsFile, writeCredentialsFile } from "./credentials-file.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "auth-credentials-"));
  path = join(directory, "credentials.json");
});
afterEach(() => rm(directory, { recursive: true }));

test("a missing file reads as empty", async () => {
  expect(await readCredentialsFile(path)).toEqual({});
});

test("a written file reads back, is readable by its owner only, and leaves nothing beside it", async () => {
  await writeFile(path, "{}", { mode: 0o644 });
  const content = { base_url: "http://localhost:8080", demo_key: generateApiKey("live") };
  await writeCredentialsFile(path, content);
  expect(await readCredentialsFile(path)).toEqual(content);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(["credentials.json"]);
});

test("a missing directory is reported in one clear sentence", async () => {
  const missing = join(directory, "missing", "credentials.json");
  await expect(writeCredentialsFile(missing, {})).rejects.toThrow(
    `The bootstrap file ${missing} cannot be written: ENOENT.`,
  );
});

test.each([
  ["", "is not valid JSON"],
  ['{"demo_key": gm_live_secret', "is not valid JSON"],
  ["[]", "does not hold a JSON object"],
  ["null", "does not hold a JSON object"],
  ['{"account_id": 7}', "has a malformed account_id"],
  ['{"demo_key": "gm_live_secret"}', "has a malformed demo_key"],
  ['{"admin_key": ""}', "has a malformed admin_key"],
  [`{"demo_key": "${generateApiKey("test")}"}`, "has a malformed demo_key"],
])("the content %j is refused by a sentence that does not repeat it", async (content, problem) => {
  await writeFile(path, content);
  const refusal = await readCredentialsFile(path).catch((error: Error) => error.message);
  expect(refusal).toBe(`The bootstrap file ${path} ${problem}.`);
  expect(await readFile(path, "utf8")).toBe(content);
});
