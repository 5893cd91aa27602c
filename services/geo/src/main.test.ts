import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeMmdb } from "./testing/mmdb-writer.ts";
import { RECORDS } from "./testing/records.ts";

const main = new URL("./main.ts", import.meta.url).pathname;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-main-"));
  await writeFile(join(directory, "city.mmdb"), writeMmdb({ "1.0.0.0/8": RECORDS.city }));
});

afterAll(() => rm(directory, { recursive: true }));

/** Runs geo to its end. */
function run(args: string[], settings: Record<string, string>) {
  const own = { GEO_PORT: "0", GEO_OPS_PORT: "0", NATS_URL: "nats://127.0.0.1:1" };
  const env = { ...own, GEO_DATA_DIR: directory, GEO_DATASETS_DIR: directory, ...settings };
  const { promise, resolve } = Promise.withResolvers<{
    status: unknown;
    out: string;
    err: string;
  }>();
  const child = execFile(process.execPath, [main, ...args], { env }, (_, out, err) =>
    resolve({ status: child.exitCode, out, err }),
  );
  return promise;
}

test.each([
  ["GEO_SECURITY_DIR", "geo: GEO_SECURITY_DIR names /nope, which is not a directory\n"],
  ["GEO_OVERRIDES_FILE", "geo: GEO_OVERRIDES_FILE names /nope, which is not a file\n"],
  ["GEO_DATASETS_DIR", "geo: GEO_DATASETS_DIR names /nope, which is not a directory\n"],
])("%s=/nope ends geo with status 1 and one sentence", async (name, sentence) => {
  expect(await run([], { [name]: "/nope" })).toMatchObject({ status: 1, err: sentence });
});

test("--check-config shows no credential of an update URL", async () => {
  const urls = { GEO_UPDATE_URLS: "http://user:hush@a.example/x.mmdb" };
  const { status, out, err } = await run(["--check-config"], urls);
  expect([status, err]).toEqual([0, ""]);
  expect(out).toMatch(/^GEO_UPDATE_URLS=\[secret\]$/m);
  expect(out).not.toMatch(/hush/);
});
