import { pause } from "@geomesh/runtime/async/pause";
import type { Clock } from "@geomesh/runtime/clock";
import { failureLevel } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { removeOldRecords } from "../store/idempotency-records.ts";
import type { AuthDatabase } from "../store/schema.ts";

const INTERVAL_MS = 60_000;
const ROWS_AT_ONCE_MAX = 1_000;
/** Most transactions in a minute, so that a great many old records do not keep the database busy. */
const ROUNDS_MAX = 100;

/** What the removal works with. */
export interface RemovalDeps {
  readonly db: AuthDatabase;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Removes records of requests that are older than 24 hours, once at the start and then every minute: 1,000 in a transaction, and
 * 100,000 a minute at most. A failure is logged, and the next minute tries again.
 */
export function startRecordRemoval({ db, clock, log }: RemovalDeps): { close(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = run();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await removeAll().catch((error: unknown) => {
        log[failureLevel(error, "warn")]({ err: error }, "cannot remove old idempotency records");
      });
      await pause(INTERVAL_MS, signal);
    }
  }

  async function removeAll(): Promise<void> {
    const now = new Date(clock.wallMs());
    for (let round = 0; round < ROUNDS_MAX && !signal.aborted; round += 1) {
      if ((await removeOldRecords(db, now, ROWS_AT_ONCE_MAX)) < ROWS_AT_ONCE_MAX) return;
    }
  }

  return {
    async close() {
      stopping.abort();
      await stopped;
    },
  };
}
