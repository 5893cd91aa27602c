import { portAnswers } from "@geomesh/servers/child";
import { findNatsServer, spawnNats } from "@geomesh/servers/nats";
import type { LauncherConfig } from "../config.ts";
import type { DataDir } from "../data-dir/data-dir.ts";
import { LaunchError } from "../launch-error.ts";
import { endsWithLauncher } from "./caretaker.ts";
import { type ChildKind, SPAWN_OPTIONS } from "./child-kind.ts";

const STOP_MS_MAX = 2_500;

/** How nats-server is run. Errors: LaunchError when it is not installed. */
export function nats(
  { ports, environment }: LauncherConfig,
  dataDir: DataDir,
  configFile: string,
): ChildKind {
  const binary = findNatsServer(environment["PATH"] ?? "");
  if (binary === undefined) {
    throw new LaunchError(
      "nats-server is not installed: install it, or set NATS_URL to a server elsewhere.",
    );
  }
  const options = { binary, dataDir: dataDir.in("nats"), port: ports.nats, configFile };
  return {
    spawn: () => endsWithLauncher(spawnNats(options, SPAWN_OPTIONS)),
    problems: async () => ((await portAnswers(ports.nats)) ? [] : ["it does not answer"]),
    stopSignal: "SIGTERM",
    stopMsMax: STOP_MS_MAX,
  };
}
