import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { afterEach, beforeEach, expect, test } from "vitest";
import { problemsOf } from "./readiness.ts";
import { type ChildSpec, StartError, SupervisedChild } from "./supervised-child.ts";

const fixture = fileURLToPath(new URL("fixtures/child.mjs", import.meta.url));
let dir: string;
let pidPath: string;
let child: SupervisedChild;
let reports: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "geomesh-supervisor-"));
  pidPath = join(dir, "child.pid");
  reports = [];
});
afterEach(async () => {
  await child.close();
  rmSync(dir, { recursive: true });
});

async function supervise(manner: string, limits: Partial<ChildSpec> = {}): Promise<void> {
  const opsPort = await freePort();
  const spec: ChildSpec = {
    name: "child",
    spawn: () => spawn(process.execPath, [fixture, `${opsPort}`, manner]),
    problems: () => problemsOf(opsPort),
    readyMsMax: 10_000,
    stopSignal: "SIGTERM",
    stopMsMax: 2_000,
    logPath: join(dir, "child.log"),
    pidPath,
    ...limits,
  };
  child = new SupervisedChild(spec, { report: (line) => reports.push(line) });
}

test("a started child is ready, and its pid file names it until it is stopped", async () => {
  await supervise("well");
  await child.start();
  const { pid } = child;
  expect(readFileSync(pidPath, "utf8")).toBe(`${pid}\n`);
  await child.stop();
  expect(existsSync(pidPath)).toBe(false);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(child.pid).toBeUndefined();
});

test("a child that died comes back by itself, and each end is reported", async () => {
  await supervise("well");
  await child.start();
  const firstPid = child.pid;
  await child.kill();
  await eventually(() => reports.includes("child is back."));
  expect(child.pid).not.toBe(firstPid);
  expect(readFileSync(pidPath, "utf8")).toBe(`${child.pid}\n`);
  expect(reports[0]).toMatch(
    /^child ended \(SIGKILL\); it is started again in 0\.2 s\. Log: .*child\.log$/,
  );
});

test("a child that keeps dying is started again after growing pauses", async () => {
  await supervise("well");
  await child.start();
  for (let life = 0; life < 3; life++) {
    await child.start();
    await child.kill();
  }
  const pauses = reports.flatMap((line) => /again in (\S+) s/.exec(line)?.[1] ?? []);
  expect(pauses).toEqual(["0.2", "0.4", "0.8"]);
});

test("a child that ends before it is ready fails the start, with its last words", async () => {
  await supervise("broken");
  const failure = await child.start().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartError);
  expect(String(failure)).toMatch(/child did not start: exit status 3[\s\S]*the fixture is broken/);
  expect(existsSync(pidPath)).toBe(false);
  expect(reports).toEqual([]);
});

test("a program that does not exist fails the start", async () => {
  await supervise("well", { spawn: () => spawn("/no/such/program") });
  await expect(child.start()).rejects.toThrow(/could not be run/);
});

test("a child that is never ready fails the start at its deadline and is not left running", async () => {
  await supervise("well", {
    problems: async () => ["no dataset can serve", "the clock is wrong"],
    readyMsMax: 300,
  });
  await expect(child.start()).rejects.toThrow(
    "not ready after 0.3 s: no dataset can serve; the clock is wrong",
  );
  expect(child.pid).toBeUndefined();
});

test("a child that does not hear SIGTERM is ended when its grace is over", async () => {
  await supervise("deaf", { stopMsMax: 200 });
  await child.start();
  const { pid } = child;
  await child.stop();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(reports).toEqual([]);
});

test("a child stopped while it waits to be started again stays stopped, and can be started later", async () => {
  await supervise("well");
  await child.start();
  await child.kill();
  await child.stop();
  expect(child.pid).toBeUndefined();
  await child.start();
  expect(child.pid).toBeDefined();
});

test("a closed child is not started any more", async () => {
  await supervise("well");
  await child.close();
  await expect(child.start()).rejects.toThrow(/child did not start: the mesh is being stopped/);
  expect(child.pid).toBeUndefined();
});
