import { Kysely, PostgresDialect } from "kysely";
import type { Pool } from "pg";
import { withTimeLimit } from "../async/time-limit.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { Log } from "../log.ts";
import { type Migrations, migrate } from "./migrate.ts";
import { createPool } from "./pool.ts";
import { untilAnswers } from "./wait.ts";

const CONNECTIONS_MAX = 8;
const CONNECT_MS_MAX = 30_000;
const HEALTH_MS_MAX = 1_000;

/** How a database is opened. */
export interface DatabaseOptions {
  readonly url: string;
  /** By name; each is applied once, in the order of names. The statement timeout does not apply to them. */
  readonly migrations: Migrations;
  /** Most connections; default 8. */
  readonly poolMax?: number;
  /** Longest statement, in milliseconds. */
  readonly statementTimeoutMs: number;
  /** How long to wait for a server that does not answer yet, in milliseconds; default 30,000. */
  readonly connectTimeoutMs?: number;
  /** Ends the wait for a server that does not answer yet; default never aborts. */
  readonly signal?: AbortSignal;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
  readonly log: Log;
}

/** An open database. */
export interface Database<Schema> {
  readonly db: Kysely<Schema>;
  /** Whether the database answers within a second. Never rejects. */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Brings the schema up to date and opens a pool. After a restart of the server the next query connects again.
 * Errors: DATABASE_UNAVAILABLE when the server does not answer in time or refuses the connection; those of a migration;
 * the signal's reason when it aborts.
 */
export async function openDatabase<Schema>(options: DatabaseOptions): Promise<Database<Schema>> {
  await prepare(options);
  const { url, poolMax = CONNECTIONS_MAX, statementTimeoutMs, log } = options;
  const pool = createPool({ url, max: poolMax, statementTimeoutMs, log });
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return { db, healthy: () => answers(pool), close: () => db.destroy() };
}

async function prepare(options: DatabaseOptions): Promise<void> {
  const { url, migrations, log, clock = SYSTEM_CLOCK } = options;
  const { signal = new AbortController().signal } = options;
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_MS_MAX;
  const pool = createPool({ url, max: 1, statementTimeoutMs: undefined, log });
  try {
    await untilAnswers(pool, { timeoutMs, signal, clock, log });
    await migrate(pool, migrations);
  } finally {
    const ended = pool.end();
    // A connection that is still being made would hold it up for seconds.
    if (!signal.aborted) await ended;
  }
}

function answers(pool: Pool): Promise<boolean> {
  return withTimeLimit(pool.query("select 1"), HEALTH_MS_MAX).then(
    () => true,
    () => false,
  );
}
