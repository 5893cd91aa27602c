import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writePid } from "../supervisor/pid-file.ts";
import { type DataDir, openDataDir } from "./data-dir.ts";
import { stopLeftovers } from "./leftovers.ts";

let dataDir: DataDir;
let processes: ChildProcess[];
let reports: string[];

beforeEach(() => {
  dataDir = openDataDir(mkdtempSync(join(tmpdir(), "geomesh-leftovers-")));
  processes = [];
  reports = [];
});
afterEach(async () => {
  for (const process of processes) {
    if (process.exitCode !== null || process.signalCode !== null) continue;
    process.kill("SIGKILL");
    await once(process, "exit");
  }
  rmSync(dataDir.path, { recursive: true });
});

async function leave(
  name: string,
  argv: string[],
  env: Record<string, string> = {},
): Promise<number> {
  const script = "process.stdin.resume(); console.log('up')";
  const process_ = spawn(process.execPath, ["-e", script, "--", ...argv], { env });
  processes.push(process_);
  await once(process_.stdout, "data");
  if (process_.pid === undefined) throw new Error("no process");
  await writePid(dataDir.pidPath(name), process_.pid);
  return process_.pid;
}

/** An ended process that this one, its parent, has not waited for yet has no command line any more. */
const isThere = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
};
const stop = () => stopLeftovers(dataDir, { report: (line) => reports.push(line) });

test("what a killed launcher left is stopped, whether its arguments or its environment name the directory", async () => {
  const postgres = await leave("postgres", ["-D", dataDir.in("postgres")]);
  const geo = await leave("geo", [], { GEO_DATA_DIR: dataDir.in("geo") });
  await stop();
  expect([postgres, geo].filter(isThere)).toEqual([]);
  expect(reports.sort()).toEqual([
    `Stopping geo (process ${geo}), left by a launcher that was killed.`,
    `Stopping postgres (process ${postgres}), left by a launcher that was killed.`,
  ]);
  expect(existsSync(dataDir.pidPath("postgres"))).toBe(false);
});

test("a pid that belongs to another program by now is left alone, and its file goes", async () => {
  const stranger = await leave("nats", [], { DIR: `${dataDir.path}-of-another-mesh` });
  await stop();
  expect(isThere(stranger)).toBe(true);
  expect(reports).toEqual([]);
  expect(existsSync(dataDir.pidPath("nats"))).toBe(false);
});

test("files that a killed launcher had not finished are removed, and no others", async () => {
  const drafts = ["run/geo.pid.1.draft", "passwords.json.2.draft"].map((name) => dataDir.in(name));
  for (const path of [...drafts, dataDir.passwordsPath]) writeFileSync(path, "");
  await stop();
  expect(drafts.filter((path) => existsSync(path))).toEqual([]);
  expect(existsSync(dataDir.passwordsPath)).toBe(true);
});

test("a pid file of a process that is gone, or with no pid in it, is removed", async () => {
  await writePid(dataDir.pidPath("geo"), 2 ** 30);
  await writePid(dataDir.pidPath("auth"), Number.NaN);
  await stop();
  expect(existsSync(dataDir.pidPath("geo"))).toBe(false);
  expect(existsSync(dataDir.pidPath("auth"))).toBe(false);
});
