import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where packages install nats-server; not every user has all of these on PATH. */
const USUAL_DIRS = ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin"];

/** How nats-server is run. */
export interface NatsOptions {
  /** Path of nats-server. */
  readonly binary: string;
  /** Where it stores its streams; created if it is missing. */
  readonly dataDir: string;
  readonly port: number;
  /** The file with its users, as `natsConfig` makes it. */
  readonly configFile: string;
}

/** The path of nats-server, found on a search path such as PATH or where packages install it. */
export function findNatsServer(searchPath: string): string | undefined {
  return [...searchPath.split(delimiter), ...USUAL_DIRS]
    .filter((dir) => dir !== "")
    .map((dir) => join(dir, "nats-server"))
    .find(isExecutable);
}

/**
 * Starts nats-server with JetStream on 127.0.0.1. SIGINT stops it cleanly; SIGTERM too, but with status 1. On SIGHUP it reads its
 * users again.
 */
export function spawnNats(options: NatsOptions, how: SpawnOptions): ChildProcess {
  const { binary, dataDir, port, configFile } = options;
  const listen = ["--addr", "127.0.0.1", "--port", `${port}`, "--config", configFile];
  return spawn(binary, [...listen, "--jetstream", "--store_dir", dataDir], how);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
