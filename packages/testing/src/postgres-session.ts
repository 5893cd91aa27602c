import { Client } from "pg";
import { onTestFinished } from "vitest";

/** One session of a database, that does what the test says. */
export interface PostgresSession {
  /** Runs a statement. */
  run(statement: string): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
  /** How many sessions of this database wait for a lock, in a statement that names this table. */
  lockWaits(table: string): Promise<number>;
  /** How many of them are in a transaction, and wait for what their process does after a statement that names this table. */
  idleInTransaction(table: string): Promise<number>;
}

/** Opens a session until the test is over. */
export async function postgresSessionForTest(url: string): Promise<PostgresSession> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end());
  const count = async (state: string, table: string) => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND ${state} AND strpos(query, $1) > 0`,
      [table],
    );
    return rowCount ?? 0;
  };
  return {
    run: async (statement) => ({ rows: (await client.query(statement)).rows }),
    lockWaits: (table) => count("wait_event_type = 'Lock'", table),
    idleInTransaction: (table) => count("state = 'idle in transaction'", table),
  };
}
