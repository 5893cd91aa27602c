import { type Kysely, sql, type Transaction } from "kysely";

/** How long one session may keep others waiting, in milliseconds. */
export interface SessionLimits {
  /** Longest statement. */
  readonly statementMs: number;
}

/** An idle transaction ends after this: its process hangs, and others wait for what it has locked. */
const IDLE_IN_TRANSACTION_MS = 4_000;
/** Longest wait for a lock. More than an idle transaction may take, so that whoever waits for one gets its turn. */
const LOCK_MS = 5_000;
/** What the server does not hear back about ends the connection after this, and with it the transaction. */
const TCP_USER_MS = 10_000;
const KEEPALIVES_IDLE_S = 5;
const KEEPALIVES_INTERVAL_S = 2;
const KEEPALIVES_COUNT = 3;
/** Migrations wait and work as long as they take, but one whose process hangs stops the others no longer than this. */
const MIGRATION_IDLE_MS = 60_000;

/** The session limits as settings of PostgreSQL. */
function settingsOf({ statementMs }: SessionLimits): Readonly<Record<string, string>> {
  return {
    statement_timeout: `${statementMs}`,
    lock_timeout: `${Math.min(LOCK_MS, statementMs)}`,
    idle_in_transaction_session_timeout: `${IDLE_IN_TRANSACTION_MS}`,
    tcp_user_timeout: `${TCP_USER_MS}`,
    tcp_keepalives_idle: `${KEEPALIVES_IDLE_S}`,
    tcp_keepalives_interval: `${KEEPALIVES_INTERVAL_S}`,
    tcp_keepalives_count: `${KEEPALIVES_COUNT}`,
  };
}

/** Lifts the limits for the rest of the transaction. */
export async function liftSessionLimits(trx: Transaction<unknown>): Promise<void> {
  await sql`SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true),
    set_config('idle_in_transaction_session_timeout', ${`${MIGRATION_IDLE_MS}`}, true)`.execute(
    trx,
  );
}

/**
 * Makes the limits those of the role in this database, for every session that begins from now on: a pooler that drops what a
 * client says at its start does not drop these. One process may do this at a time. Errors: those of the database.
 */
export async function setSessionLimits(
  trx: Transaction<unknown>,
  limits: SessionLimits,
): Promise<void> {
  const wanted = Object.entries(settingsOf(limits));
  const known = await readRoleSettings(trx);
  const { rows } = await sql<{ database: string }>`
    SELECT current_database() AS database`.execute(trx);
  const database = sql.id(rows[0]?.database ?? "");
  for (const [name, value] of wanted) {
    if (known.has(`${name}=${value}`)) continue;
    await sql`ALTER ROLE SESSION_USER IN DATABASE ${database} SET ${sql.id(name)} TO ${sql.lit(value)}`.execute(
      trx,
    );
  }
}

async function readRoleSettings(db: Kysely<unknown>): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ setting: string }>`
    SELECT unnest(setconfig) AS setting FROM pg_db_role_setting
    WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = session_user)
      AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`.execute(
    db,
  );
  return new Set(rows.map(({ setting }) => setting));
}
