import { Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Pool } from "pg";
import { GuardedDialect } from "./guarded-dialect.ts";
import { liftSessionLimits, type SessionLimits, setSessionLimits } from "./session-limits.ts";

/** The advisory lock of PostgreSQL that lets one process migrate at a time; the digits are arbitrary. */
const MIGRATION_LOCK = 7_203_145_002n;

/** Migrations by name. */
export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Applies the missing migrations, in the order of names, and sets the limits of sessions, in one transaction. Several processes
 * may do it at once: a lock in the database lets one of them do the work while the others wait. Errors: those of a migration;
 * no change is kept then.
 */
export async function migrate(
  pool: Pool,
  migrations: Migrations,
  limits: SessionLimits,
): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new GuardedDialect(pool, () => {}) });
  const provider = { getMigrations: () => Promise.resolve({ ...migrations }) };
  await db.transaction().execute(async (trx) => {
    await liftSessionLimits(trx);
    // It ends with the transaction: a lock of the session would outlive it behind a pooler.
    await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(trx);
    const { error } = await new Migrator({ db: trx, provider }).migrateToLatest();
    if (error !== undefined) throw error;
    await setSessionLimits(trx, limits);
  });
}
