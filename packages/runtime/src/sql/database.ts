import { Kysely, PostgresDialect, sql } from "kysely";
import type { Migration } from "kysely/migration";
import pg from "pg";
import { AppError } from "../errors.ts";
import type { Log } from "../log.ts";
import { migrate } from "./migrate.ts";

/** PostgreSQL's type of 64-bit integers; as numbers they would lose digits beyond 2^53. */
const INT8 = 20;
const RETRY_MS = 100;
const HEALTH_TIMEOUT_MS = 1_000;

export interface DatabaseOptions {
  readonly url: string;
  /** By name; applied once, in the order of names. */
  readonly migrations: Readonly<Record<string, Migration>>;
  /** Connections, default 8. */
  readonly poolMax?: number;
  readonly statementTimeoutMs: number;
  /** How long to wait for a server that is not there yet, default 30,000. */
  readonly connectTimeoutMs?: number;
  readonly log: Log;
}

export interface Database<Schema> {
  readonly db: Kysely<Schema>;
  /** Answers within a second. */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Opens a pool and brings the schema up to date. A server that restarts is found again by the next query.
 * Errors: unavailable when the server does not answer in time; what a migration throws.
 */
export async function openDatabase<Schema>(options: DatabaseOptions): Promise<Database<Schema>> {
  const { url, log, connectTimeoutMs = 30_000 } = options;
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, BigInt);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolMax ?? 8,
    statement_timeout: options.statementTimeoutMs,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    types,
  });
  // An idle connection that breaks is replaced by the next query.
  pool.on("error", (err) => log.warn({ err }, "lost an idle database connection"));
  // One that breaks inside a transaction fails its next query; unheard, the event would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    await untilItAnswers(db, connectTimeoutMs, log);
    await migrate(db, options.migrations);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    db,
    healthy: () => answers(db),
    close: () => db.destroy(),
  };
}

async function untilItAnswers<Schema>(
  db: Kysely<Schema>,
  timeoutMs: number,
  log: Log,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (let attempt = 0; ; attempt++) {
    try {
      await sql`select 1`.execute(db);
      return;
    } catch (cause) {
      if (Date.now() > deadline) {
        const sentence = `the database does not answer: ${(cause as Error).message}`;
        throw new AppError("unavailable", "DATABASE_UNAVAILABLE", sentence, { cause });
      }
      if (attempt === 0) log.info("waiting for the database");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function answers<Schema>(db: Kysely<Schema>): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), HEALTH_TIMEOUT_MS);
    sql`select 1`
      .execute(db)
      .then(
        () => resolve(true),
        () => resolve(false),
      )
      .finally(() => clearTimeout(late));
  });
}
