import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@geomesh/testing/eventually";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readPid } from "./supervisor/pid-file.ts";
import { Launched } from "./testing/launched.ts";
import { meshEnvironment } from "./testing/mesh-environment.ts";

let environment: Record<string, string>;
beforeEach(async () => {
  environment = await meshEnvironment();
});
afterEach(() => rmSync(environment["DATA_DIR"] ?? "", { recursive: true, force: true }));

test("bad settings are all named, with exit status 1", async () => {
  const launched = new Launched({ ...environment, GATEWAY_PORT: "eighty", NATS_URL: "http://x" });
  expect(await launched.status).toBe(1);
  expect(launched.stderr.split("\n")).toEqual([
    expect.stringMatching(/^NATS_URL must start with nats:/),
    expect.stringMatching(/^GATEWAY_PORT must be a whole number from 1 to 65535/),
    "",
  ]);
});

test("a data directory that cannot be written is one sentence, with exit status 1", async () => {
  const file = `${environment["DATA_DIR"]}/file`;
  writeFileSync(file, "");
  const launched = new Launched({ ...environment, DATA_DIR: `${file}/data` });
  expect(await launched.status).toBe(1);
  expect(launched.stderr).toMatch(
    /^DATA_DIR \S+ cannot be written \(ENOTDIR\): set DATA_DIR to [^\n]+\n$/,
  );
});

test("Ctrl-C while the mesh starts ends it with status 0 and leaves nothing", async () => {
  const launched = new Launched(environment);
  const run = join(environment["DATA_DIR"] ?? "", "run");
  const pid = await eventually(() => readPid(join(run, "geo.pid")) ?? false);
  launched.signal("SIGINT");
  expect(await launched.status).toBe(0);
  expect(launched.stdout).toBe("");
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(readdirSync(run)).toEqual([]);
});
