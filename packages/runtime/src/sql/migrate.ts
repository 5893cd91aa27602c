import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

/**
 * Applies what is missing, in the order of names. Several processes may do it at once: a lock in the database makes
 * one of them do the work. Errors: what a migration throws; none of its changes stay.
 */
export async function migrate<Schema>(
  db: Kysely<Schema>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
