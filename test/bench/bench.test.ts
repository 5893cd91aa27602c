import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { PARTS } from "./parts/parts.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Other tests run meanwhile: a lookup on a machine that is full may take longer than its 2 s, which is answered 503. */
const ENVIRONMENT = { ...process.env, UPSTREAM_TIMEOUT_MS: "30000" };

async function bench(...argv: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    env: ENVIRONMENT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await ended;
  return { status, stdout, stderr };
}

/** All but the one that starts a mesh of its own. */
const NAMES = [...PARTS.keys()].filter((name) => name !== "workers");

describe("npm run bench -- --smoke", () => {
  let all: Ended;
  beforeAll(async () => {
    all = await bench("--smoke", ...NAMES);
  }, 120_000);

  test("runs every part, in which every answer is 200 and metering counts what was answered", () => {
    expect(all).toMatchObject({ status: 0, stderr: "" });
  });

  test("says on what machine, with what versions and by which command it measured", () => {
    expect(all.stdout).toMatch(/^machine: \d+ cores, /m);
    expect(all.stdout).toMatch(/^versions: Node v\d+.*nats-server.*postgres/m);
    expect(all.stdout).toMatch(/^command: npm run bench -- --smoke gateway usual /m);
  });

  test.each(NAMES)("%s reports, without a figure that is none", (name) => {
    const [, report = ""] = all.stdout.split(`### ${name}\n`);
    const [section = ""] = report.split("\n### ");
    expect(section).not.toBe("");
    expect(section).not.toMatch(/NaN|Infinity|undefined/);
    if (!section.includes("Skipped:")) expect(section).toMatch(/^\| .*\d/m);
  });
});

test("a part that does not exist is refused with the names of those that do", async () => {
  const { status, stderr } = await bench("no-such-part");
  expect(status).toBe(1);
  expect(stderr).toContain([...PARTS.keys()].join(", "));
});
