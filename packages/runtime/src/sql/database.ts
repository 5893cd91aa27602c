import { Kysely } from "kysely";
import type { Pool } from "pg";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { Log } from "../log.ts";
import { Counter, type Metrics } from "../telemetry/metrics.ts";
import { GuardedDialect, type OnUnavailable } from "./guarded-dialect.ts";
import { type Afterwards, limitSessions, type Migrations, migrate } from "./migrate.ts";
import { createPool } from "./pool.ts";
import { untilAnswers } from "./wait.ts";

const CONNECTIONS_MAX = 8;
const CONNECT_MS_MAX = 30_000;
/** How much longer than the server the client waits for the end of a statement. */
const STATEMENT_GRACE_MS = 1_000;

/** How a database is opened. */
export interface DatabaseOptions {
  readonly url: string;
  /** By name; each is applied once, in the order of names. The limits of sessions do not apply to them. */
  readonly migrations: Migrations;
  /** Who makes the tables, where that is not the role in `url`. */
  readonly owner?: DatabaseOwner | undefined;
  /** Most connections; default 8. */
  readonly poolMax?: number;
  /** Longest statement, in milliseconds. With the other limits of sessions it becomes a setting of the role in this database. */
  readonly statementTimeoutMs: number;
  /** How long to wait for a server that does not answer yet, in milliseconds; default 30,000. */
  readonly connectTimeoutMs?: number;
  /** Ends the wait for a server that does not answer yet; default never aborts. */
  readonly signal?: AbortSignal;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
  readonly log: Log;
  /** Where failures are counted; default nowhere. */
  readonly metrics?: Metrics;
}

/** A role that owns the tables and applies the migrations, and no more than that. */
export interface DatabaseOwner {
  /** Of the same database. */
  readonly url: string;
  /** Grants the role that works with the tables what it may do; after each run of the migrations. */
  readonly grant: Afterwards;
}

/** An open database. */
export interface Database<Schema> {
  readonly db: Kysely<Schema>;
  close(): Promise<void>;
}

/**
 * Brings the schema up to date and opens a pool. After a restart of the server the next query connects again. A query that fails
 * because the server is unavailable, or because it took too long, fails with DATABASE_UNAVAILABLE.
 * Errors: DATABASE_UNAVAILABLE when the server does not answer in time or refuses the connection; those of a migration;
 * the signal's reason when it aborts.
 */
export async function openDatabase<Schema>(options: DatabaseOptions): Promise<Database<Schema>> {
  await prepare(options);
  const { url, poolMax = CONNECTIONS_MAX, statementTimeoutMs, log } = options;
  const answerMsMax = statementTimeoutMs + STATEMENT_GRACE_MS;
  const pool = createPool({ url, max: poolMax, answerMsMax, log });
  const dialect = new GuardedDialect(pool, failureCounter(options.metrics));
  const db = new Kysely<Schema>({ dialect });
  return { db, close: () => db.destroy() };
}

async function prepare(options: DatabaseOptions): Promise<void> {
  const { url, owner, migrations, statementTimeoutMs } = options;
  const limits = { statementMs: statementTimeoutMs };
  await onceAnswered(owner?.url ?? url, options, (pool) =>
    migrate(pool, migrations, { limits, afterwards: owner?.grant }),
  );
  if (owner !== undefined) await onceAnswered(url, options, (pool) => limitSessions(pool, limits));
}

/** Does something by one connection, as soon as the server answers. */
async function onceAnswered(
  url: string,
  options: DatabaseOptions,
  act: (pool: Pool) => Promise<void>,
): Promise<void> {
  const { log, clock = SYSTEM_CLOCK, signal = new AbortController().signal } = options;
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_MS_MAX;
  const pool = createPool({ url, max: 1, answerMsMax: undefined, log });
  try {
    await untilAnswers(pool, { timeoutMs, signal, clock, log });
    await act(pool);
  } finally {
    const ended = pool.end();
    // A connection that is still being made would hold it up for seconds.
    if (!signal.aborted) await ended;
  }
}

const FAILURES = "database_failures_total";

/** Counts in one metric for all pools of a process. */
function failureCounter(metrics: Metrics | undefined): OnUnavailable {
  if (metrics === undefined) return () => {};
  const { registry } = metrics;
  const help = "Queries that failed because the database was unavailable or too slow.";
  const known = registry.getSingleMetric(FAILURES) as Counter | undefined;
  const counter = known ?? new Counter({ name: FAILURES, help, registers: [registry] });
  return () => counter.inc();
}
