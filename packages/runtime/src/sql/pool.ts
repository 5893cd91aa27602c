import pg from "pg";
import type { Log } from "../log.ts";

/** PostgreSQL's type of 64-bit integers; as numbers they would lose digits beyond 2^53. */
const INT8 = 20;
const CONNECT_MS_MAX = 5_000;
/** A connection whose other end vanished silently is out of use after this. */
const LIFETIME_S_MAX = 60;
/** How much longer than the server a client waits for the end of a statement. */
const STATEMENT_GRACE_MS = 1_000;

export interface PoolOptions {
  readonly url: string;
  readonly max: number;
  /** Undefined sets no limit. */
  readonly statementTimeoutMs: number | undefined;
  readonly log: Log;
}

/** A pool whose broken connections are replaced by the next query. */
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
      // A server that is cut off cannot end a statement, nor tell that it did.
      query_timeout: statementTimeoutMs + STATEMENT_GRACE_MS,
    }),
  });
  // The error carries the whole client, with secrets of the connection among its members: its sentence is enough.
  pool.on("error", ({ message }) =>
    log.warn({ reason: message }, "lost an idle database connection"),
  );
  // One that breaks inside a transaction fails its next query; unheard, the event would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
