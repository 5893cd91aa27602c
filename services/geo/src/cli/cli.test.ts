import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";

const main = new URL("./main.ts", import.meta.url).pathname;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-cli-"));
  const sound = writeMmdb({ "1.0.0.0/8": RECORDS.city });
  await writeFile(join(directory, "sound.mmdb"), sound);
  await writeFile(join(directory, "cut.mmdb"), sound.subarray(0, 400));
  for (const name of ["datasets", "lists/tor"]) {
    await mkdir(join(directory, name), { recursive: true });
  }
  await writeFile(join(directory, "datasets/datasets.mmdb"), sound);
  await writeFile(join(directory, "lists/tor/exits.txt"), "1.1.1.1\n");
  const override = '{"network":"2.0.0.0/8","city":"Lyon"}\n';
  await writeFile(join(directory, "overrides.ndjson"), override);
  const newer = { buildTime: new Date("2026-02-01") };
  await writeFile(join(directory, "newer.mmdb"), writeMmdb({ "1.0.0.0/8": RECORDS.city }, newer));
});

afterAll(() => rm(directory, { recursive: true }));

async function run(...args: string[]): Promise<{ status: number; output: string }> {
  const words = args.map((arg) => (arg.endsWith(".mmdb") ? join(directory, arg) : arg));
  const env = {
    GEO_DATA_DIR: join(directory, "data"),
    GEO_DATASETS_DIR: join(directory, "datasets"),
    GEO_SECURITY_DIR: join(directory, "lists"),
    GEO_OVERRIDES_FILE: join(directory, "overrides.ndjson"),
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...words], {
      env,
    });
    return { status: 0, output: stdout + stderr };
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
  [["verify"], 2, /^verify needs a file\n$/],
  [["verify", "a", "b", "c"], 2, /^verify takes two files at most\n$/],
  [["update"], 2, /^update is not a command; --help names them\n$/],
  [[], 2, /^nothing is not a command; --help names them\n$/],
  [["lookup"], 2, /^lookup needs an address\n$/],
  [["lookup", "1.1.1.1", "--json"], 2, /^lookup has no option --json\n$/],
  [["lookup", "1.1.1.1", "1.1.1"], 1, /^1\.1\.1: ip_address must be an IPv4 address [^\n]*\n$/],
  [["report", "--csv"], 2, /^report has no option --csv\n$/],
  [["report", "--out"], 2, /^--out needs a value\n$/],
  [["report", "now"], 2, /^report takes no now\n$/],
  [["report", "--beside", "cut.mmdb"], 1, /^the file cannot be read|not an MMDB file/],
  [["verify", "--help"], 0, /^Usage:\n {2}lookup IP…/],
])("%j ends with status %i and says why", async (args, status, reason) => {
  const result = await run(...args);
  expect(result.status).toBe(status);
  expect(result.output).toMatch(reason);
});

test("a lookup answers a line of JSON for each address, of what the settings name", async () => {
  const { status, output } = await run("lookup", "1.1.1.1", "2.2.2.2");
  expect(status).toBe(0);
  const [first, second] = output.split("\n").map((line) => line && JSON.parse(line));
  expect(first).toMatchObject({
    ip_address: "1.1.1.1",
    country_code: "GB",
    security: { is_tor: true },
    is_overridden: false,
  });
  expect(second).toMatchObject({ city: "Lyon", security: { is_tor: false }, is_overridden: true });
});

test("an explained lookup names the dataset, the list and the override of each field", async () => {
  const { output } = await run("lookup", "--explain", "1.1.1.1", "2.2.2.2");
  expect(output).toMatch(/^country_code +GB +datasets\.mmdb 1\.0\.0\.0\/8$/m);
  expect(output).toMatch(/^security\.is_tor +true +tor\/exits\.txt 1\.1\.1\.1\/32$/m);
  expect(output).toMatch(/^city +Lyon +override 2\.0\.0\.0\/8 of line 1$/m);
});

test("a report is a page where it is asked for, or else beside the data of geo", async () => {
  const page = join(directory, "page.html");
  expect(await run("report", "--out", page)).toEqual({ status: 0, output: `${page}\n` });
  expect(await readFile(page, "utf8")).toMatch(/^<!doctype html>[\s\S]*datasets\.mmdb/);
  const usual = join(directory, "data", "data-report.html");
  expect((await run("report")).output).toBe(`${usual}\n`);
  expect((await stat(usual)).size).toBeGreaterThan(10_000);
});

test("a report as JSON has the keys of the API's dialect", async () => {
  const { output } = await run("report", "--json", "--beside", "sound.mmdb");
  expect(JSON.parse(output)).toMatchObject({
    all: { ipv4: { country_only: 0, country: 2 ** 24, city: 2 ** 25 } },
    datasets: [{ name: "datasets.mmdb", is_stale: expect.any(Boolean) }],
    lists: [
      { flag: "tor", name: "tor/exits.txt", blocks: 1, units: { ipv4: 1 } },
      {},
      {},
      {},
      {},
      {},
    ],
    beside: { country: { only_theirs: 0 } },
  });
});

test("a setting that names nothing is told in a sentence", async () => {
  await rm(join(directory, "overrides.ndjson"));
  const { status, output } = await run("lookup", "1.1.1.1");
  expect([status, output]).toEqual([
    1,
    `GEO_OVERRIDES_FILE names ${join(directory, "overrides.ndjson")}, which is not a file\n`,
  ]);
});
