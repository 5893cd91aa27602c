import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compareWithBase } from "./compare-with-base.ts";

const DOCUMENT = "proto/gen/openapi/geomesh.openapi.json";
const ACCEPTED = "proto/accepted-changes.json";
const PATHS = { "/v1/keys": { get: { operationId: "GetKey", responses: {} } } };
const REMOVED = { change: "GET /v1/keys: removed", why: "nobody calls it", date: "2026-11-28" };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "geomesh-compare-"));
  git("init", "-q");
});
afterEach(() => rmSync(root, { recursive: true }));

function git(...args: string[]): void {
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
  execFileSync("git", [...who, ...args], { cwd: root });
}

function write(path: string, value: unknown): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), JSON.stringify(value));
}

const writeDocument = (paths: object) =>
  write(DOCUMENT, { paths, components: { schemas: {}, parameters: {}, responses: {} } });

function commit(): void {
  git("add", "-A");
  git("commit", "-q", "--allow-empty", "-m", "Change");
}

test("a base without a document is nothing to compare with", () => {
  commit();
  writeDocument(PATHS);
  expect(compareWithBase(root, "HEAD")).toBeUndefined();
});

test("a base that does not exist is an error", () => {
  writeDocument(PATHS);
  expect(() => compareWithBase(root, "no-such-commit")).toThrow();
});

test("the working copy is compared with the commit, and a change passes once it is accepted", () => {
  writeDocument(PATHS);
  commit();
  expect(compareWithBase(root, "HEAD")).toEqual([]);
  writeDocument({});
  expect(compareWithBase(root, "HEAD")).toEqual([REMOVED.change]);
  write(ACCEPTED, [REMOVED]);
  expect(compareWithBase(root, "HEAD")).toEqual([]);
  commit();
  expect(compareWithBase(root, "HEAD")).toEqual([]);
});
