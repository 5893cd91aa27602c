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
import { untilOrphansEnd } from "@geomesh/servers/postgres-orphans";
import { type Identity, unprivileged } from "@geomesh/servers/run-as";
import type { DataDir } from "../data-dir/data-dir.ts";
import type { Passwords } from "../data-dir/passwords.ts";
import { LaunchError } from "../launch-error.ts";
import type { Machine } from "../machine.ts";
import { AUTH_OWNER } from "../stores.ts";
import { endsWithLauncher } from "./caretaker.ts";
import { type ChildKind, SPAWN_OPTIONS } from "./child-kind.ts";

const STOP_MS_MAX = 2_500;

/** How PostgreSQL is run. */
export function postgres(cluster: Cluster, port: number): ChildKind {
  const url = superuserUrl(port, cluster.password);
  return {
    spawn: () => endsWithLauncher(spawnPostgres(cluster, port, SPAWN_OPTIONS)),
    problems: async () => ((await postgresAnswers(url)) ? [] : ["it does not answer"]),
    // On SIGINT it does not wait for clients to leave.
    stopSignal: "SIGINT",
    stopMsMax: STOP_MS_MAX,
  };
}

/** The cluster in a data directory. Errors: POSTGRES_MISSING where npm has no PostgreSQL for this machine. */
export function clusterOf(dataDir: DataDir, passwords: Passwords, machine: Machine): Cluster {
  return {
    binaries: findPostgres(machine.platform, machine.arch),
    identity: unprivileged(machine.getuid?.() ?? 1),
    dataDir: dataDir.in("postgres"),
    password: passwords.superuser,
  };
}

/**
 * Creates the cluster at the first start: all of it or nothing, even if this process ends meanwhile. At a later start it
 * waits for what a killed server left. Errors: LaunchError; the reason of `signal` where it aborts.
 */
export async function ensureCluster(
  cluster: Cluster,
  { report, signal }: { report: (line: string) => void; signal: AbortSignal | undefined },
): Promise<void> {
  if (existsSync(cluster.dataDir)) return untilOrphansEnd(cluster.dataDir, { signal });
  report("Creating the databases …");
  const draft = `${cluster.dataDir}.draft`;
  rmSync(draft, { recursive: true, force: true });
  try {
    await initCluster({ ...cluster, dataDir: draft }, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw new LaunchError(initdbProblem(error, cluster.identity));
  }
  renameSync(draft, cluster.dataDir);
}

function initdbProblem(error: unknown, { ids }: Identity): string {
  const said = String(error instanceof Error ? error.message : error);
  const reason = /^initdb: error: (.*)$/m.exec(said)?.[1] ?? said;
  const problem = `PostgreSQL could not create its data directory: ${reason}.`;
  if (ids.uid === undefined) return problem;
  return `${problem} It runs as user ${ids.uid} here, not as root: set DATA_DIR to a directory that this user can reach, or start the mesh as an ordinary user.`;
}

/**
 * Gives auth and metering each a database that the other cannot open. Auth's belongs to a role that auth takes for its
 * migrations alone; one that was made before is handed over to it. The server must answer.
 */
export function ensureServiceDatabases(passwords: Passwords, port: number) {
  const { auth, authOwner, metering, superuser } = passwords;
  return ensureDatabases(superuserUrl(port, superuser), [
    { role: "auth", password: auth, owner: { role: AUTH_OWNER, password: authOwner } },
    { role: "metering", password: metering },
  ]);
}
