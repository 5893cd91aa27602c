import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kill } from "node:process";
import { text } from "node:stream/consumers";
import pg from "pg";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { disownStaleLock } from "./postgres-lock.ts";
import type { Identity } from "./run-as.ts";

const SUPERUSER = "postgres";
const ANSWER_MS_MAX = 1_000;

/** A PostgreSQL data directory and how it is run. */
export interface Cluster {
  readonly binaries: PostgresBinaries;
  readonly identity: Identity;
  readonly dataDir: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
  /** Settings other than the defaults, by the names of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Creates the data directory unless it exists. Takes half a second. An aborted `signal` ends it at once, with the directory
 * half made. Errors: one with the output of initdb.
 */
export async function initCluster(
  { binaries, identity, dataDir, password }: Cluster,
  signal?: AbortSignal,
): Promise<void> {
  if (existsSync(join(dataDir, "PG_VERSION"))) return;
  const passwordFile = `${dataDir}.password`;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    for (const path of [dataDir, passwordFile]) own(path, identity);
    const command = [
      ...identity.prefix,
      ...[binaries.initdb, `--pgdata=${dataDir}`, "--no-sync"],
      ...[`--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"],
      ...["--encoding=UTF8", "--locale=C"],
    ];
    await runToEnd(command, identity, signal);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Runs a command in a process group of its own, so that Ctrl-C in a terminal does not reach what it starts. */
async function runToEnd(
  [command = "", ...argv]: readonly string[],
  { ids }: Identity,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(command, argv, {
    ...ids,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const end = () => child.pid !== undefined && killGroup(child.pid);
  signal?.addEventListener("abort", end, { once: true });
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const [status, said] = await Promise.all([ended, text(child.stderr)]);
    signal?.throwIfAborted();
    if (status !== 0) throw new Error(`${command} ended with status ${status}\n${said}`);
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

/** The group may be gone already. */
function killGroup(pid: number): void {
  try {
    kill(-pid, "SIGKILL");
  } catch {}
}

/** Starts the server on 127.0.0.1. SIGINT stops it soon and cleanly; on SIGTERM it waits for its clients. */
export function spawnPostgres(cluster: Cluster, port: number, how: SpawnOptions): ChildProcess {
  const { binaries, identity, dataDir } = cluster;
  own(dataDir, identity);
  disownStaleLock(dataDir);
  const settings = {
    ...cluster.settings,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port: `${port}`,
  };
  const [command = "", ...argv] = [
    ...identity.prefix,
    ...[binaries.postgres, "-D", dataDir],
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  return spawn(command, argv, { ...how, ...identity.ids });
}

/** The URL of the superuser for a server on this machine. */
export function superuserUrl(port: number, password: string, database = "postgres"): string {
  return databaseUrl(SUPERUSER, password, port, database);
}

/** The URL of a role for a server on this machine. */
export function databaseUrl(
  role: string,
  password: string,
  port: number,
  database: string,
): string {
  return `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/** Whether the server answers a query within a second. Never rejects. */
export async function postgresAnswers(url: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Makes sure that each role exists with its password, and owns a database of the same name to which no other role may
 * connect. Errors: those of PostgreSQL.
 */
export async function ensureDatabases(
  url: string,
  owners: readonly { readonly role: string; readonly password: string }[],
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const { role, password } of owners) {
      const name = pg.escapeIdentifier(role);
      const known = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [role]);
      const verb = known.rowCount === 0 ? "CREATE" : "ALTER";
      await client.query(`${verb} ROLE ${name} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
      const made = await client.query("SELECT FROM pg_database WHERE datname = $1", [role]);
      if (made.rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
      await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
    }
  } finally {
    await client.end();
  }
}

function own(path: string, { owner }: Identity): void {
  if (owner === undefined || statSync(path).uid === owner) return;
  spawnSync("chown", ["-R", `${owner}:${owner}`, path]);
}
