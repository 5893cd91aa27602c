import { type PostgresServer, startPostgresServer } from "./postgres-server.ts";

/** The one server of this worker process; it ends with the process. */
let shared: Promise<PostgresServer> | undefined;

/** A share of a real PostgreSQL. */
export interface TestPostgres {
  /** Creates an empty database and returns the URL of its superuser. */
  createDatabase(): Promise<string>;
  /** Gives up the share. The server continues for the other tests of this process and ends with it. */
  stop(): Promise<void>;
}

/** Shares the server of this process. The first call takes about 0.7 s. */
export async function startTestPostgres(): Promise<TestPostgres> {
  shared ??= startPostgresServer();
  const server = await shared;
  return { createDatabase: () => server.createDatabase(), stop: () => Promise.resolve() };
}
