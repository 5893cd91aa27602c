import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LaunchError } from "../launch-error.ts";
import { completeCredentials } from "./credentials.ts";
import { openDataDir } from "./data-dir.ts";
import { keepIdempotencyKey } from "./idempotency-key.ts";
import { keptPasswords } from "./passwords.ts";

const SUPPLEMENT = { baseUrl: "http://127.0.0.1:8080", operatorToken: "o" };

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "geomesh-data-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test.each([
  ["a file stands in its place", () => join(parent, "file")],
  ["it lies below a file", () => join(parent, "file", "below")],
  ["it lies in a file system that takes no directories", () => "/proc/geomesh"],
])("a directory that cannot be written is one clear sentence: %s", (_, path) => {
  writeFileSync(join(parent, "file"), "");
  expect(() => openDataDir(path())).toThrow(LaunchError);
  expect(() => openDataDir(path())).toThrow(
    /^DATA_DIR \S+ cannot be written \(E[A-Z]+\): set DATA_DIR/,
  );
});

test("passwords are made once, differ, and only this user may read them", async () => {
  const { passwordsPath } = openDataDir(join(parent, "new", "dir"));
  const made = await keptPasswords(passwordsPath);
  expect(await keptPasswords(passwordsPath)).toEqual(made);
  expect(new Set(Object.values(made)).size).toBe(4);
  expect(modeOf(passwordsPath)).toBe(0o600);
});

test("the key for answers with secrets is made once: 32 bytes, which only this user may read", async () => {
  const { idempotencyKeyPath } = openDataDir(parent);
  await keepIdempotencyKey(idempotencyKeyPath);
  const made = readFileSync(idempotencyKeyPath, "utf8");
  await keepIdempotencyKey(idempotencyKeyPath);
  expect(readFileSync(idempotencyKeyPath, "utf8")).toBe(made);
  expect(Buffer.from(made.trim(), "base64")).toHaveLength(32);
  expect(modeOf(idempotencyKeyPath)).toBe(0o600);
});

test("passwords that were made before there were as many roles stay, and get the missing one", async () => {
  const { passwordsPath } = openDataDir(parent);
  const before = { superuser: "s", auth: "a", metering: "m" };
  writeFileSync(passwordsPath, JSON.stringify(before), { mode: 0o600 });
  const passwords = await keptPasswords(passwordsPath);
  expect(passwords).toMatchObject(before);
  expect(passwords.authOwner).not.toBe("");
  expect(await keptPasswords(passwordsPath)).toEqual(passwords);
});

test("the base URL and the operator's token join what auth wrote, and only this user may read it", async () => {
  const { credentialsPath } = openDataDir(parent);
  const written = { account_id: "a", demo_key: "d", admin_key: "k" };
  writeFileSync(credentialsPath, JSON.stringify(written), { mode: 0o644 });
  const credentials = await completeCredentials(credentialsPath, SUPPLEMENT);
  expect(credentials).toEqual({ accountId: "a", demoKey: "d", adminKey: "k", operatorToken: "o" });
  const completed = JSON.parse(readFileSync(credentialsPath, "utf8"));
  expect(completed).toEqual({
    base_url: "http://127.0.0.1:8080",
    ...written,
    operator_token: "o",
  });
  expect(modeOf(credentialsPath)).toBe(0o600);
});

test("without auth's file there are no credentials, and none are made up", async () => {
  const { credentialsPath } = openDataDir(parent);
  const completed = completeCredentials(credentialsPath, SUPPLEMENT);
  await expect(completed).rejects.toThrow(LaunchError);
  expect(existsSync(credentialsPath)).toBe(false);
});

test("a damaged file is named, and what it held is not repeated", async () => {
  const { credentialsPath } = openDataDir(parent);
  writeFileSync(credentialsPath, '{"demo_key": "gm_live_secret');
  const completed = completeCredentials(credentialsPath, SUPPLEMENT);
  const failure = await completed.catch(String);
  expect(failure).toContain(`${credentialsPath} is damaged`);
  expect(failure).not.toContain("gm_live_secret");
});
