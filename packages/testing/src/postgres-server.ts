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
import { unprivileged } from "@geomesh/servers/run-as";
import { Client } from "pg";
import { freePort } from "./free-port.ts";
import { TestServer } from "./test-server.ts";

/** Data outlives a killed server without fsync; only a power cut would take it. */
const SETTINGS = { fsync: "off", max_connections: "200" };

/** A real PostgreSQL that one test may stop, kill and start again. It ends with the test's process at the latest. */
export interface PostgresServer {
  /** Makes an empty database and answers its superuser's URL. */
  createDatabase(): Promise<string>;
  /** Starts it again on the same port, with the databases it had. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Takes about a second; tests that do not restart the server share one by `startTestPostgres`. */
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
  initCluster(clusterIn(server.dir));
  await server.start();
  return {
    async createDatabase() {
      const name = `test_${randomBytes(8).toString("hex")}`;
      await run(url, `create database ${name}`);
      return superuserUrl(port, password, name);
    },
    start: () => server.start(),
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
