import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { connect } from "nats";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { portAnswers, stopChild } from "./child.ts";
import { findNatsServer, spawnNats } from "./nats.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "geomesh-nats-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
});

test("it starts with JetStream below its directory, made where it is missing, and ends in order", async () => {
  const binary = findNatsServer(process.env["PATH"] ?? "") ?? "";
  const port = await freePort();
  const dataDir = join(dir, "new", "data");
  const configFile = join(dir, "nats.conf");
  writeFileSync(configFile, "");
  const child = spawnNats({ binary, dataDir, port, configFile }, { stdio: "ignore" });
  onTestFinished(() => stopChild(child, "SIGKILL", 5_000));
  await eventually(() => portAnswers(port));
  const nats = await connect({ servers: `127.0.0.1:${port}` });
  const { streams } = await nats.jetstreamManager();
  await streams.add({ name: "TEST", subjects: ["test"] });
  await nats.close();
  await stopChild(child, "SIGINT", 5_000);
  expect(child.exitCode).toBe(0);
  expect(await portAnswers(port)).toBe(false);
  expect(readdirSync(join(dataDir, "jetstream", "$G", "streams"))).toEqual(["TEST"]);
});

test("a nats-server on the search path comes before the usual places", () => {
  mkdirSync(join(dir, "bin"));
  const program = join(dir, "bin", "nats-server");
  writeFileSync(program, "", { mode: 0o755 });
  writeFileSync(join(dir, "nats-server"), "not executable");
  expect(findNatsServer(`${dir}:${join(dir, "bin")}`)).toBe(program);
});
