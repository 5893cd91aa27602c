import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where packages put nats-server; not every user has all of these on PATH. */
const USUAL_DIRS = ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin"];

export interface NatsOptions {
  /** Path of nats-server. */
  readonly binary: string;
  /** Where it keeps its streams; made where it is missing. */
  readonly dataDir: string;
  readonly port: number;
}

/** The path of nats-server, looked for on a search path such as that of PATH and where packages put it. */
export function findNatsServer(searchPath: string): string | undefined {
  return [...searchPath.split(delimiter), ...USUAL_DIRS]
    .filter((dir) => dir !== "")
    .map((dir) => join(dir, "nats-server"))
    .find(isExecutable);
}

/** Starts nats-server with JetStream on 127.0.0.1. SIGINT ends it in order; SIGTERM too, with status 1. */
export function spawnNats({ binary, dataDir, port }: NatsOptions, how: SpawnOptions): ChildProcess {
  const listen = ["--addr", "127.0.0.1", "--port", `${port}`];
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
