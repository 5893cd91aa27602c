import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const main = fileURLToPath(new URL("fixtures/lifecycle-main.ts", import.meta.url));
type Child = ChildProcessByStdio<Writable, Readable, Readable>;
const children: Child[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function run(env: Record<string, string> = {}, args: string[] = []) {
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  children.push(child);
  const outcome = Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]).then(
    ([[status], stdout, stderr]) => ({ status, stdout, stderr }),
  );
  return { child, outcome };
}

/** Resolves when the process has said so in its log. */
function saying(child: Child, message: string): Promise<void> {
  return new Promise((resolve) => {
    let all = "";
    child.stdout.on("data", (chunk) => {
      all += chunk;
      if (all.includes(`"msg":"${message}"`)) resolve();
    });
  });
}

test.each(["SIGTERM", "SIGINT"] as const)("%s closes once and exits 0", async (signal) => {
  const { child, outcome } = run();
  await saying(child, "started");
  child.kill(signal);
  const { status, stdout } = await outcome;
  expect(status).toBe(0);
  expect(stdout.match(/^closed$/gm)).toHaveLength(1);
});

test("after SIGTERM a process leaves, serves on for its time, and then closes", async () => {
  const { child, outcome } = run({ LAME_DUCK_MS: "300" });
  await saying(child, "started");
  const startedMs = performance.now();
  child.kill("SIGTERM");
  const { status, stdout } = await outcome;
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(300);
  expect(status).toBe(0);
  expect(stdout).toMatch(/"msg":"leaving".*^closed$/ms);
});

test("after SIGINT, which is a person's, it closes at once", async () => {
  const { child, outcome } = run({ LAME_DUCK_MS: "3600000" });
  await saying(child, "started");
  child.kill("SIGINT");
  const { status, stdout } = await outcome;
  expect(status).toBe(0);
  expect(stdout).not.toContain("leaving");
});

test("a second signal does not wait until it has left", async () => {
  const { child, outcome } = run({ LAME_DUCK_MS: "3600000" });
  await saying(child, "started");
  child.kill("SIGTERM");
  await saying(child, "leaving");
  child.kill("SIGTERM");
  expect(await outcome).toMatchObject({ status: 1 });
});

test("a signal ends a start that waits, which is a clean stop", async () => {
  const { child, outcome } = run({ FAULT: "wait" });
  await saying(child, "waiting");
  child.kill("SIGTERM");
  const { status, stdout, stderr } = await outcome;
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).not.toContain("did not stop cleanly");
});

test("all mistakes of the configuration stand in one block, and the status is 1", async () => {
  const { status, stdout, stderr } = await run({ FAULT: "all", PORT: "x" }).outcome;
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: "",
    stderr:
      "example: the configuration has mistakes:\n" +
      '  FAULT must be one of none, start, bug, hang, crash, reject, fail, wait, not "all"\n' +
      '  PORT must be a whole number from 0 to 65535, not "x"\n',
  });
});

test.each([
  { fault: "start", sentence: "example: cannot listen on 1:1\n" },
  { fault: "bug", sentence: "example: Error: surprise\n" },
])("a start that fails ($fault) is one sentence, and the status is 1", async (row) => {
  const { status, stderr } = await run({ FAULT: row.fault }).outcome;
  expect({ status, stderr }).toEqual({ status: 1, stderr: row.sentence });
});

test.each([
  { fault: "crash", event: "uncaughtException", message: "crashed later" },
  { fault: "reject", event: "unhandledRejection", message: "rejected later" },
  { fault: "fail", event: "cannot go on", message: "the disk failed" },
])("after $event the process logs it, closes and exits 1", async (row) => {
  const { status, stdout } = await run({ FAULT: row.fault }).outcome;
  expect(status).toBe(1);
  expect(stdout).toContain(`"msg":"${row.event}"`);
  expect(stdout).toContain(row.message);
  expect(stdout).toMatch(/^closed$/m);
});

test("a close that hangs is given up in time, with status 1", async () => {
  const { child, outcome } = run({ FAULT: "hang", STOP_TIMEOUT_MS: "50" });
  await saying(child, "started");
  child.kill("SIGTERM");
  const { status, stdout } = await outcome;
  expect(status).toBe(1);
  expect(stdout).toContain("did not stop cleanly");
});

test("a second signal exits at once", async () => {
  const { child, outcome } = run({ FAULT: "hang" });
  await saying(child, "started");
  child.kill("SIGTERM");
  await saying(child, "stopping");
  child.kill("SIGTERM");
  const { status, stdout } = await outcome;
  expect(status).toBe(1);
  expect(stdout).not.toContain("did not stop cleanly");
});

test("--check-config shows the effective configuration, secrets masked, and starts nothing", async () => {
  const { status, stdout } = await run({ PORT: "7" }, ["--check-config"]).outcome;
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: "FAULT=none\nPORT=7\nTOKEN=[secret]\n",
  });
});

test("an argument that is none is told, and starts nothing", async () => {
  const { status, stdout, stderr } = await run({}, ["exprot", "--check-config"]).outcome;
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/: unknown arguments: exprot\n$/);
});

test("a supervised process stops when its supervisor is gone", async () => {
  const { child, outcome } = run({ GEOMESH_SUPERVISED: "1" });
  await saying(child, "started");
  child.stdin.end();
  expect(await outcome).toMatchObject({ status: 0 });
});

test("a supervisor that ends its input does not cut short a stop that is under way", async () => {
  const { child, outcome } = run({
    GEOMESH_SUPERVISED: "1",
    FAULT: "hang",
    STOP_TIMEOUT_MS: "200",
  });
  await saying(child, "started");
  child.kill("SIGTERM");
  await saying(child, "stopping");
  child.stdin.end();
  expect((await outcome).stdout).toContain("did not stop cleanly");
});
