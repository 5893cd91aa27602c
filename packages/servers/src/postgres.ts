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

/** A role that may log in. */
export interface Role {
  readonly role: string;
  readonly password: string;
}

/** A database of the name of the role that works in it, and the role that owns it. */
export interface OwnedDatabase extends Role {
  /** Default is the role that works in it. */
  readonly owner?: Role;
}

/**
 * Makes sure that each role exists with its password, that each database exists with its owner, and that no other role may
 * connect to it. What the role that works in a database owned before becomes its owner's. Errors: those of PostgreSQL.
 */
export async function ensureDatabases(
  url: string,
  databases: readonly OwnedDatabase[],
): Promise<void> {
  await inSession(url, async (client) => {
    for (const database of databases) {
      const { role, owner = database } = database;
      await ensureRole(client, owner);
      if (owner !== database) await ensureRole(client, database);
      const [name, ownerName] = [role, owner.role].map(pg.escapeIdentifier);
      const made = await client.query("SELECT FROM pg_database WHERE datname = $1", [role]);
      if (made.rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${ownerName}`);
      await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
      if (owner === database) continue;
      await handOver(urlOfDatabase(url, role), role, owner.role);
      // Last, since the new owner takes over what was granted to the old one.
      await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${name}`);
    }
  });
}

/** Makes what one role owns in a database, and the database itself, another's: all of it or nothing. */
async function handOver(url: string, from: string, to: string): Promise<void> {
  const [old, owner] = [from, to].map(pg.escapeIdentifier);
  await inSession(url, (client) => client.query(`REASSIGN OWNED BY ${old} TO ${owner}`));
}

async function ensureRole(client: pg.Client, { role, password }: Role): Promise<void> {
  const known = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [role]);
  const verb = known.rowCount === 0 ? "CREATE" : "ALTER";
  const name = pg.escapeIdentifier(role);
  await client.query(`${verb} ROLE ${name} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
}

function urlOfDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  return other.href;
}

async function inSession(url: string, act: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await act(client);
  } finally {
    await client.end();
  }
}

function own(path: string, { owner }: Identity): void {
  if (owner === undefined || statSync(path).uid === owner) return;
  spawnSync("chown", ["-R", `${owner}:${owner}`, path]);
}
