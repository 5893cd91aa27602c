import { Kysely, sql, type Transaction } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Pool } from "pg";
import { GuardedDialect } from "./guarded-dialect.ts";
import { liftSessionLimits, type SessionLimits, setSessionLimits } from "./session-limits.ts";

/** The advisory lock of PostgreSQL that lets one process migrate at a time; the digits are arbitrary. */
const MIGRATION_LOCK = 7_203_145_002n;

/** Runs after the migrations, in their transaction. */
export type Afterwards = (trx: Transaction<unknown>) => Promise<void>;

/** Migrations by name. */
export type Migrations = Readonly<Record<string, Migration>>;

/** What else is done with the migrations. */
export interface MigrateOptions {
  readonly limits: SessionLimits;
  /** Default is nothing. */
  readonly afterwards?: Afterwards | undefined;
}

/**
 * Applies the missing migrations, in the order of names, and sets the limits of sessions, in one transaction. Several processes
 * may do it at once: a lock in the database lets one of them do the work while the others wait. Errors: those of a migration;
 * no change is kept then.
 */
export async function migrate(
  pool: Pool,
  migrations: Migrations,
  { limits, afterwards }: MigrateOptions,
): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new GuardedDialect(pool, () => {}) });
  const provider = { getMigrations: () => Promise.resolve({ ...migrations }) };
  await db.transaction().execute(async (trx) => {
    await liftSessionLimits(trx);
    // It ends with the transaction: a lock of the session would outlive it behind a pooler.
    await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(trx);
    const { error } = await new Migrator({ db: trx, provider }).migrateToLatest();
    if (error !== undefined) throw error;
    await afterwards?.(trx);
    await setSessionLimits(trx, limits);
  });
}

/** Sets the limits of sessions alone, for a role that makes no tables. Errors: those of the database. */
export async function limitSessions(pool: Pool, limits: SessionLimits): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new GuardedDialect(pool, () => {}) });
  await db.transaction().execute(async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(trx);
    await setSessionLimits(trx, limits);
  });
}
