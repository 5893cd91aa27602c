import { Client } from "pg";
import { onTestFinished } from "vitest";

/** One session of a database, that does what the test says. */
export interface PostgresSession {
  /** Runs a statement. */
  run(statement: string): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
  /** How many sessions of this database wait for a lock. */
  lockWaits(): Promise<number>;
}

/** Opens a session until the test is over. */
export async function postgresSessionForTest(url: string): Promise<PostgresSession> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end());
  return {
    run: async (statement) => ({ rows: (await client.query(statement)).rows }),
    async lockWaits() {
      const { rowCount } = await client.query(
        `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rowCount ?? 0;
    },
  };
}
