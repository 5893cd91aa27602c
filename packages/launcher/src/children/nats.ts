import { portAnswers } from "@geomesh/servers/child";
import { findNatsServer, spawnNats } from "@geomesh/servers/nats";
import type { LauncherConfig } from "../config.ts";
import type { DataDir } from "../data-dir/data-dir.ts";
import { LaunchError } from "../launch-error.ts";
import { endsWithLauncher } from "./caretaker.ts";
import { type ChildManner, HOW_TO_SPAWN } from "./child-manner.ts";

const STOP_MS_MAX = 2_500;

/** How nats-server is run. Throws a LaunchError where there is none. */
export function nats({ ports, environment }: LauncherConfig, dataDir: DataDir): ChildManner {
  const binary = findNatsServer(environment["PATH"] ?? "");
  if (binary === undefined) {
    throw new LaunchError("There is no nats-server: install it, or set NATS_URL to one elsewhere.");
  }
  const options = { binary, dataDir: dataDir.in("nats"), port: ports.nats };
  return {
    spawn: () => endsWithLauncher(spawnNats(options, HOW_TO_SPAWN)),
    isReady: () => portAnswers(ports.nats),
    stopSignal: "SIGTERM",
    stopMsMax: STOP_MS_MAX,
  };
}
