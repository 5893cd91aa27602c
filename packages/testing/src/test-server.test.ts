import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { portAnswers } from "@geomesh/servers/child";
import { postgresAnswers } from "@geomesh/servers/postgres";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { TestServer } from "./test-server.ts";

test("servers and their directories go with a test process that is killed", async () => {
  const parent = mkdtempSync(join(tmpdir(), "geomesh-killed-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const program = fileURLToPath(new URL("fixtures/hold-servers.ts", import.meta.url));
  const holder = spawn(process.execPath, [program], { env: { ...process.env, TMPDIR: parent } });
  const [line] = await once(holder.stdout, "data");
  const { natsPort, databaseUrl } = JSON.parse(`${line}`);
  expect([await portAnswers(natsPort), await postgresAnswers(databaseUrl)]).toEqual([true, true]);
  expect(readdirSync(parent)).toHaveLength(2);
  holder.kill("SIGKILL");
  await eventually(async () => expect(await portAnswers(natsPort)).toBe(false));
  await eventually(async () => expect(await postgresAnswers(databaseUrl)).toBe(false));
  await eventually(() => expect(readdirSync(parent)).toEqual([]));
});

test("a server that does not start is told with what it said", async () => {
  const server = new TestServer({
    name: "broken",
    spawn: (_, how) => spawn("sh", ["-c", "echo the reason; exit 1"], how),
    isReady: async () => false,
  });
  await expect(server.start()).rejects.toThrow(/broken did not start:\n(.|\n)*the reason/);
});
