import { type PostgresServer, startPostgresServer } from "./postgres-server.ts";

/** The one server of this worker process; it ends with the process. */
let shared: Promise<PostgresServer> | undefined;

/** A share of a real PostgreSQL. */
export interface TestPostgres {
  /** An empty database, to be used as superuser. */
  createDatabase(): Promise<string>;
  /** Gives up the share. The server goes on for the other tests of this process and ends with it. */
  stop(): Promise<void>;
}

/** The first call in a process takes about 0.7 s, the others nothing. */
export async function startTestPostgres(): Promise<TestPostgres> {
  shared ??= startPostgresServer();
  const server = await shared;
  return { createDatabase: () => server.createDatabase(), stop: () => Promise.resolve() };
}
