import process from "node:process";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { ConfigError } from "@geomesh/runtime/config";
import { AppError } from "@geomesh/runtime/errors";
import { readLauncherConfig } from "./config.ts";
import { LaunchError } from "./launch-error.ts";
import { startMesh } from "./mesh.ts";
import { readyBlock } from "./ready-block.ts";
import { readyData } from "./ready-data.ts";
import { StartError } from "./supervisor/supervised-child.ts";

const END_MS_MAX = 500;

const stop = new AbortController();
const stopped = new Promise((resolve) => stop.signal.addEventListener("abort", resolve));

// A second Ctrl-C, and npm's copy of the first, change nothing: the stop under way has its own time limit.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => stop.abort());
}
const isSupervised = process.env["GEOMESH_SUPERVISED"] === "1";
if (isSupervised) process.stdin.on("end", () => stop.abort()).resume();
// The mesh continues when the terminal or the pipe is closed.
for (const output of [process.stdout, process.stderr]) output.on("error", () => {});

try {
  await run();
} catch (error) {
  if (!stop.signal.aborted) {
    if (!isForThePerson(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
if (isSupervised) process.stdin.destroy();
// It ends by itself once the last of its processes has ended, and soon in any case.
setTimeout(() => process.exit(), END_MS_MAX).unref();

async function run(): Promise<void> {
  // Meshes that others start, such as those of tests, ask no registry.
  const isUpdated = process.env["GEO_UPDATE_DEFAULTS"]?.trim() || "on";
  const config = readLauncherConfig({ ...process.env, GEO_UPDATE_DEFAULTS: isUpdated });
  const report = (line: string) => console.error(line);
  const mesh = await startMesh(config, { machine: process, report, signal: stop.signal });
  const data = await readyData(config.ports.geoOps, SYSTEM_CLOCK.wallMs());
  console.log(readyBlock(mesh, { dataDir: config.dataDir, data }));
  await stopped;
  console.error("Stopping …");
  await mesh.close();
}

function isForThePerson(error: unknown): error is Error {
  return [ConfigError, LaunchError, StartError, AppError].some((type) => error instanceof type);
}
