import pg from "pg";
import type { Log } from "../log.ts";

/** PostgreSQL's type of 64-bit integers; as numbers they would lose digits beyond 2^53. */
const INT8 = 20;
const CONNECT_MS_MAX = 5_000;
/**
 * Longest wait for a connection that others use. Callers give up before, by deadlines of their own: slow is not broken. With two
 * waits for locks after it, the last caller is still told to come again before the 30 s in which a service answers.
 */
const TURN_MS_MAX = 10_000;
/** A connection whose other end vanished silently is not used longer than this. */
const LIFETIME_S_MAX = 60;
const KEEPALIVE_IDLE_MS = 5_000;

/** A client that does not wait for a server as long as for its turn. */
class PromptClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super({ ...(config as pg.ClientConfig), connectionTimeoutMillis: CONNECT_MS_MAX });
  }
}

/** How a pool connects. */
export interface PoolOptions {
  readonly url: string;
  readonly max: number;
  /** How long to wait for the answer to a query, in milliseconds: a server that cannot be reached any more ends no statement. Undefined sets no limit. */
  readonly answerMsMax: number | undefined;
  readonly log: Log;
}

/**
 * Makes a pool that replaces broken connections at the next query. It says nothing of timeouts when it connects, which a pooler
 * would refuse or drop: those are settings of the role.
 */
export function createPool({ url, max, answerMsMax, log }: PoolOptions): pg.Pool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, BigInt);
  const pool = new pg.Pool({
    Client: PromptClient,
    connectionString: url,
    max,
    connectionTimeoutMillis: TURN_MS_MAX,
    maxLifetimeSeconds: LIFETIME_S_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_IDLE_MS,
    types,
    ...(answerMsMax !== undefined && { query_timeout: answerMsMax }),
  });
  // The error contains the whole client with the secrets of its connection: log the message alone. Whoever watches the
  // database says once that it is unavailable.
  pool.on("error", ({ message }) =>
    log.debug({ reason: message }, "lost an idle database connection"),
  );
  // A connection that breaks inside a transaction fails its next query; without a listener the event would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** The role that a URL logs in as, as the client of PostgreSQL reads it. */
export function roleOf(url: string): string | undefined {
  return new pg.Client({ connectionString: url }).user;
}
