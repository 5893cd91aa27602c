import process from "node:process";
import { ConfigError } from "@geomesh/runtime/config";
import { readLauncherConfig } from "./config.ts";
import { stopRunning } from "./data-dir/stop-running.ts";
import { LaunchError } from "./launch-error.ts";

try {
  const { dataDir } = readLauncherConfig(process.env);
  console.error(await stopRunning(dataDir));
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof LaunchError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
