import { randomBytes } from "node:crypto";
import { join } from "node:path";
import process from "node:process";
import {
  type Cluster,
  initCluster,
  postgresAnswers,
  spawnPostgres,
  superuserUrl,
} from "@geomesh/servers/postgres";
import { findPostgres } from "@geomesh/servers/postgres-binaries";
import { untilOrphansEnd } from "@geomesh/servers/postgres-orphans";
import { unprivileged } from "@geomesh/servers/run-as";
import { Client } from "pg";
import { freePort } from "./free-port.ts";
import { TestServer } from "./test-server.ts";

/** Without fsync data survives a killed server, though not a power cut. */
const SETTINGS = { fsync: "off", max_connections: "200" };

/** A real PostgreSQL that one test may stop, kill and start again. It ends with the process of the test at the latest. */
export interface PostgresServer {
  /** Creates an empty database and returns the URL of its superuser. */
  createDatabase(): Promise<string>;
  /** Starts it again on the same port, with the databases it had. */
  start(): Promise<void>;
  /** Stops it cleanly. */
  stop(): Promise<void>;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
}

/** Starts a server of its own, which takes about a second. Tests that do not restart it share one by `startTestPostgres`. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const port = await freePort();
  const password = randomBytes(12).toString("hex");
  const url = superuserUrl(port, password);
  const clusterIn = (dir: string): Cluster => ({
    binaries: findPostgres(process.platform, process.arch),
    identity: unprivileged(process.getuid?.() ?? 1),
    dataDir: join(dir, "data"),
    password,
    settings: SETTINGS,
  });
  const server = new TestServer({
    name: "postgres",
    spawn: (dir, how) => spawnPostgres(clusterIn(dir), port, how),
    isReady: () => postgresAnswers(url),
  });
  await initCluster(clusterIn(server.dir));
  await server.start();
  return {
    async createDatabase() {
      const name = `test_${randomBytes(8).toString("hex")}`;
      await run(url, `CREATE DATABASE ${name}`);
      return superuserUrl(port, password, name);
    },
    async start() {
      await untilOrphansEnd(clusterIn(server.dir).dataDir);
      await server.start();
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
