import { existsSync, renameSync, rmSync } from "node:fs";
import {
  type Cluster,
  ensureDatabases,
  initCluster,
  postgresAnswers,
  spawnPostgres,
  superuserUrl,
} from "@geomesh/servers/postgres";
import { findPostgres } from "@geomesh/servers/postgres-binaries";
import { type Identity, unprivileged } from "@geomesh/servers/run-as";
import type { DataDir } from "../data-dir/data-dir.ts";
import type { Passwords } from "../data-dir/passwords.ts";
import { LaunchError } from "../launch-error.ts";
import type { Machine } from "../machine.ts";
import { endsWithLauncher } from "./caretaker.ts";
import { type ChildManner, HOW_TO_SPAWN } from "./child-manner.ts";

const STOP_MS_MAX = 2_500;

/** How PostgreSQL is run. Throws an AppError where npm has none for this machine. */
export function postgres(cluster: Cluster, port: number): ChildManner {
  const url = superuserUrl(port, cluster.password);
  return {
    spawn: () => endsWithLauncher(spawnPostgres(cluster, port, HOW_TO_SPAWN)),
    isReady: () => postgresAnswers(url),
    // Fast: it does not wait for clients to leave.
    stopSignal: "SIGINT",
    stopMsMax: STOP_MS_MAX,
  };
}

export function clusterOf(dataDir: DataDir, passwords: Passwords, machine: Machine): Cluster {
  return {
    binaries: findPostgres(machine.platform, machine.arch),
    identity: unprivileged(machine.getuid?.() ?? 1),
    dataDir: dataDir.in("postgres"),
    password: passwords.superuser,
  };
}

/** Makes the cluster at the first start: all of it or nothing, should this process end meanwhile. */
export function ensureCluster(cluster: Cluster): void {
  if (existsSync(cluster.dataDir)) return;
  const draft = `${cluster.dataDir}.draft`;
  rmSync(draft, { recursive: true, force: true });
  try {
    initCluster({ ...cluster, dataDir: draft });
  } catch (error) {
    throw new LaunchError(initdbProblem(error, cluster.identity));
  }
  renameSync(draft, cluster.dataDir);
}

function initdbProblem(error: unknown, { ids }: Identity): string {
  const said = String(error instanceof Error ? error.message : error);
  const reason = /^initdb: error: (.*)$/m.exec(said)?.[1] ?? said;
  const problem = `PostgreSQL could not make its data directory: ${reason}.`;
  if (ids.uid === undefined) return problem;
  return `${problem} It runs as user ${ids.uid} here, not as root: set DATA_DIR to where that user gets, or start the mesh as an ordinary user.`;
}

/** Gives auth and metering a database each that the other cannot open. The server must answer. */
export function ensureServiceDatabases({ auth, metering, superuser }: Passwords, port: number) {
  return ensureDatabases(superuserUrl(port, superuser), [
    { role: "auth", password: auth },
    { role: "metering", password: metering },
  ]);
}
