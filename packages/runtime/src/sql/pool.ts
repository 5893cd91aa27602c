import pg from "pg";
import type { Log } from "../log.ts";

/** PostgreSQL's type of 64-bit integers; as numbers they would lose digits beyond 2^53. */
const INT8 = 20;
const CONNECT_MS_MAX = 5_000;
/** A connection whose other end vanished silently is not used longer than this. */
const LIFETIME_S_MAX = 60;
/** How much longer than the server the client waits for the end of a statement. */
const STATEMENT_GRACE_MS = 1_000;

/** How a pool connects. */
export interface PoolOptions {
  readonly url: string;
  readonly max: number;
  /** Undefined sets no limit. */
  readonly statementTimeoutMs: number | undefined;
  readonly log: Log;
}

/** Makes a pool that replaces broken connections at the next query. */
export function createPool({ url, max, statementTimeoutMs, log }: PoolOptions): pg.Pool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, BigInt);
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    maxLifetimeSeconds: LIFETIME_S_MAX,
    types,
    ...(statementTimeoutMs !== undefined && {
      statement_timeout: statementTimeoutMs,
      // A server that cannot be reached any more cannot end a statement.
      query_timeout: statementTimeoutMs + STATEMENT_GRACE_MS,
    }),
  });
  // The error contains the whole client with the secrets of its connection: log the message alone.
  pool.on("error", ({ message }) =>
    log.warn({ reason: message }, "lost an idle database connection"),
  );
  // A connection that breaks inside a transaction fails its next query; without a listener the event would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
