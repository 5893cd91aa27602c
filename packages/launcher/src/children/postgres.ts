import { existsSync, renameSync, rmSync } from "node:fs";
import {
  type Cluster,
  ensureDatabases,
  initCluster,
  postgresAnswers,
  spawnPostgres,
  superuserUrl,
} from "@geomesh/runtime/embedded/postgres";
import { findPostgres } from "@geomesh/runtime/embedded/postgres-binaries";
import { unprivileged } from "@geomesh/runtime/embedded/run-as";
import type { DataDir } from "../data-dir/data-dir.ts";
import type { Passwords } from "../data-dir/passwords.ts";
import { LaunchError } from "../launch-error.ts";
import type { Machine } from "../machine.ts";
import { endsWithLauncher } from "./caretaker.ts";
import { type ChildManner, howToSpawn } from "./children.ts";

const stopMsMax = 2_500;

/** How PostgreSQL is run. Throws an AppError where npm has none for this machine. */
export function postgres(cluster: Cluster, port: number): ChildManner {
  const url = superuserUrl(port, cluster.password);
  return {
    spawn: () => endsWithLauncher(spawnPostgres(cluster, port, howToSpawn)),
    isReady: () => postgresAnswers(url),
    // Fast: it does not wait for clients to leave.
    stopSignal: "SIGINT",
    stopMsMax,
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
    const said = error instanceof Error ? error.message : String(error);
    throw new LaunchError(`PostgreSQL could not make its data directory: ${said}`);
  }
  renameSync(draft, cluster.dataDir);
}

/** Gives auth and metering a database each that the other cannot open. The server must answer. */
export function ensureServiceDatabases({ auth, metering, superuser }: Passwords, port: number) {
  return ensureDatabases(superuserUrl(port, superuser), [
    { role: "auth", password: auth },
    { role: "metering", password: metering },
  ]);
}
