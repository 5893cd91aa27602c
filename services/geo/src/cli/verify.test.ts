import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";

const main = new URL("./main.ts", import.meta.url).pathname;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-verify-"));
  const sound = writeMmdb({ "1.0.0.0/8": RECORDS.city });
  await writeFile(join(directory, "sound.mmdb"), sound);
  await writeFile(join(directory, "cut.mmdb"), sound.subarray(0, 400));
  const newer = { buildTime: new Date("2026-02-01") };
  await writeFile(join(directory, "newer.mmdb"), writeMmdb({ "1.0.0.0/8": RECORDS.city }, newer));
});

afterAll(() => rm(directory, { recursive: true }));

async function run(...args: string[]): Promise<{ status: number; output: string }> {
  const words = args.map((arg) => (arg.endsWith(".mmdb") ? join(directory, arg) : arg));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...words]);
    return { status: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, output: stdout + stderr };
  }
}

test("a valid file is accepted, with its type, build time and networks", async () => {
  const { status, output } = await run("verify", "sound.mmdb");
  expect(status).toBe(0);
  expect(output).toMatch(/accepted[\s\S]*Test-City[\s\S]*2026-01-01[\s\S]*networks {2}1/);
});

test.each<[string[], number, RegExp]>([
  [["verify", "cut.mmdb"], 1, /refused: .*not an MMDB file/],
  [["verify", "missing.mmdb"], 1, /refused: the file cannot be read \(ENOENT\)/],
  [["verify", "sound.mmdb", "newer.mmdb"], 1, /refused: .*before the serving build/],
  [["verify"], 2, /geomesh-geo verify FILE/],
  [["update"], 2, /geomesh-geo verify FILE/],
])("%j ends with status %i and says why", async (args, status, reason) => {
  const result = await run(...args);
  expect(result.status).toBe(status);
  expect(result.output).toMatch(reason);
});
