import process from "node:process";
import { ConfigError } from "@geomesh/runtime/config";
import { AppError } from "@geomesh/runtime/errors";
import { readLauncherConfig } from "./config.ts";
import { LaunchError } from "./launch-error.ts";
import { startMesh } from "./mesh.ts";
import { readyBlock } from "./ready-block.ts";
import { StartError } from "./supervisor/supervised-child.ts";

const stop = new AbortController();
const stopped = new Promise((resolve) => stop.signal.addEventListener("abort", resolve));

// A second Ctrl-C, and npm's copy of the first, find the stop under way; it is bounded by itself.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => stop.abort());
}
if (process.env.GEOMESH_SUPERVISED === "1") process.stdin.on("end", () => stop.abort()).resume();
// The mesh outlives a terminal or a pipe that nobody reads any more.
for (const output of [process.stdout, process.stderr]) output.on("error", () => {});

try {
  await run();
  process.exit(0);
} catch (error) {
  if (stop.signal.aborted) process.exit(0);
  if (!isForThePerson(error)) throw error;
  console.error(error.message);
  process.exit(1);
}

async function run(): Promise<void> {
  const config = readLauncherConfig(process.env);
  const report = (line: string) => console.error(line);
  const mesh = await startMesh(config, { machine: process, report, signal: stop.signal });
  console.log(readyBlock(mesh, config.dataDir));
  await stopped;
  console.error("Stopping …");
  await mesh.close();
}

function isForThePerson(error: unknown): error is Error {
  return [ConfigError, LaunchError, StartError, AppError].some((type) => error instanceof type);
}
