import process from "node:process";
import { ConfigError } from "@geomesh/runtime/config";
import { AppError } from "@geomesh/runtime/errors";
import { readLauncherConfig } from "./config.ts";
import { LaunchError } from "./launch-error.ts";
import { startMesh } from "./mesh.ts";
import { readyBlock } from "./ready-block.ts";
import type { Mesh } from "./running-mesh.ts";
import { StartError } from "./supervisor/supervised-child.ts";

const stop = new AbortController();
// A second Ctrl-C, and npm's copy of the first, find the stop under way; it is bounded by itself.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => stop.abort());
}

async function run(): Promise<void> {
  const config = readLauncherConfig(process.env);
  const report = (line: string) => console.error(line);
  const mesh = await startMesh(config, { machine: process, report, signal: stop.signal });
  console.log(readyBlock(mesh, config.dataDir));
  await stopped();
  await stopMesh(mesh);
}

function stopped(): Promise<void> {
  if (stop.signal.aborted) return Promise.resolve();
  return new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve()));
}

async function stopMesh(mesh: Mesh): Promise<void> {
  console.error("Stopping …");
  await mesh.close();
}

try {
  await run();
} catch (error) {
  if (stop.signal.aborted) process.exitCode = 0;
  else if (isForThePerson(error)) {
    console.error(error.message);
    process.exitCode = 1;
  } else throw error;
}

function isForThePerson(error: unknown): error is Error {
  return [ConfigError, LaunchError, StartError, AppError].some((type) => error instanceof type);
}
