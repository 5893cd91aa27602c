import { Kysely, PostgresDialect } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Pool } from "pg";

/** Steps of a schema by name. */
export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Applies what is missing, in the order of names, in one transaction. Several processes may do it at once: a lock in
 * the database makes one of them do the work, and the others wait for it. Errors: what a migration throws; none of the
 * changes stay.
 */
export async function migrate(pool: Pool, migrations: Migrations): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const provider = { getMigrations: () => Promise.resolve({ ...migrations }) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}
