import { Kysely, PostgresDialect } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Pool } from "pg";

/** Migrations by name. */
export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Applies the missing migrations, in the order of names, in one transaction. Several processes may do it at once: a lock in
 * the database lets one of them do the work while the others wait. Errors: those of a migration; no change is kept then.
 */
export async function migrate(pool: Pool, migrations: Migrations): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const provider = { getMigrations: () => Promise.resolve({ ...migrations }) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}
