import {
  PostgresAdapter,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
} from "kysely";
import type pg from "pg";
import { isConnectionBroken, toDatabaseError } from "./database-error.ts";

/** Most queries and transactions that wait for a connection. */
const WAITING_MAX = 1_000;

/** Hears of each query and connection that failed because the database is unavailable. */
export type OnUnavailable = () => void;

/**
 * PostgreSQL by a pool, where a database that is unavailable gives DATABASE_UNAVAILABLE, whatever the driver says. A
 * connection whose query was not answered is not used again. It takes no lock for migrations: `migrate` does.
 */
export class GuardedDialect extends PostgresDialect {
  constructor(pool: pg.Pool, onUnavailable: OnUnavailable) {
    super({ pool: guardedPool(pool, onUnavailable) });
  }

  override createAdapter(): PostgresAdapter {
    return new UnlockedAdapter();
  }
}

class UnlockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}

  override async releaseMigrationLock(): Promise<void> {}
}

function guardedPool(pool: pg.Pool, onUnavailable: OnUnavailable): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, GuardedClient>();
  const onError = (error: unknown): unknown => {
    const mapped = toDatabaseError(error);
    if (mapped !== error) onUnavailable();
    return mapped;
  };
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      try {
        if (pool.waitingCount >= WAITING_MAX) throw new Error("too many wait for a connection");
        const client = await pool.connect();
        const known = clients.get(client) ?? new GuardedClient(client, onError);
        clients.set(client, known);
        return known;
      } catch (error) {
        throw onError(error);
      }
    },
  };
}

class GuardedClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #onError: (error: unknown) => unknown;
  #isBroken = false;

  constructor(client: pg.PoolClient, onError: (error: unknown) => unknown) {
    this.#client = client;
    this.#onError = onError;
  }

  /** Runs a statement. There are no cursors here. */
  readonly query = (async (text: string, parameters: unknown[]) => {
    try {
      return await this.#client.query(text, parameters);
    } catch (error) {
      this.#isBroken ||= isConnectionBroken(error);
      throw this.#onError(error);
    }
  }) as unknown as PostgresPoolClient["query"];

  release(destroy = false): void {
    this.#client.release(destroy || this.#isBroken);
  }
}
