import { pause } from "@geomesh/runtime/async/pause";
import type { Clock } from "@geomesh/runtime/clock";
import { failureLevel } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import type { AuthMetrics } from "../metrics.ts";
import { RECORD_MS } from "../store/idempotency-records.ts";
import {
  type RemoveSome,
  removeAuditEvents,
  removeIdempotencyRecords,
  removeKeys,
  removeUnpublished,
} from "../store/retention.ts";
import type { AuthDatabase } from "../store/schema.ts";

const DAY_MS = 86_400_000;
const INTERVAL_MS = 600_000;
const ROWS_AT_ONCE_MAX = 1_000;
/** Others have their turn between two transactions. */
const PAUSE_MS = 200;
/** Most transactions for each kind of row in one round. */
const TRANSACTIONS_MAX = 100;
/** How long a change may wait for NATS. */
const UNPUBLISHED_DAYS = 7;
/** How long a request with the same `Idempotency-Key` gets the first one's answer. */
const RECORD_DAYS = RECORD_MS / DAY_MS;
/** How much the clock of the database may be behind: it keeps audit events of 30 days itself. */
const CLOCK_MARGIN_MS = 60_000;

/** What the retention works with. */
export interface RetentionDeps {
  readonly db: AuthDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<AuthMetrics, "countRemoved">;
}

/** How long rows are kept, in days. */
export interface RetentionOptions {
  /** 30 at least. */
  readonly auditDays: number;
  /** Of keys, since they were revoked or expired. */
  readonly keyDays: number;
}

/** Rows that become old. */
interface Kind {
  readonly what: "audit_events" | "idempotency_records" | "outbox" | "keys";
  readonly days: number;
  readonly remove: RemoveSome;
}

/**
 * Removes rows that are older than they are kept, at the start and then every 10 minutes: 1,000 in a transaction, with a pause
 * after each, and 100,000 of a kind in a round at most. Of several processes one does it at a time. A failure is logged, and the
 * next round tries again.
 */
export function startRetention(
  deps: RetentionDeps,
  { auditDays, keyDays }: RetentionOptions,
): { close(): Promise<void> } {
  const { clock, log, metrics, db } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const kinds: readonly Kind[] = [
    { what: "audit_events", days: auditDays, remove: removeAuditEvents },
    { what: "outbox", days: UNPUBLISHED_DAYS, remove: removeUnpublished },
    { what: "idempotency_records", days: RECORD_DAYS, remove: removeIdempotencyRecords },
    { what: "keys", days: keyDays, remove: removeKeys },
  ];
  const stopped = run();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      for (const kind of kinds) {
        await removeAll(kind).catch((error: unknown) => {
          const { what } = kind;
          log[failureLevel(error, "warn")]({ err: error, what }, "cannot remove old rows");
        });
      }
      await pause(INTERVAL_MS, signal);
    }
  }

  async function removeAll({ what, days, remove }: Kind): Promise<void> {
    const before = new Date(clock.wallMs() - days * DAY_MS - CLOCK_MARGIN_MS);
    let count = 0;
    try {
      for (let each = 0; each < TRANSACTIONS_MAX && !signal.aborted; each += 1) {
        const removed = await remove(db, before, ROWS_AT_ONCE_MAX);
        if (removed === undefined) return;
        metrics.countRemoved(what, removed);
        count += removed;
        if (removed < ROWS_AT_ONCE_MAX) return;
        await pause(PAUSE_MS, signal);
      }
    } finally {
      if (count > 0) tell(what, count);
    }
  }

  function tell(what: Kind["what"], count: number): void {
    if (what !== "outbox") log.info({ what, count }, "removed old rows");
    else log.warn({ count, days: UNPUBLISHED_DAYS }, "changes that NATS never took are given up");
  }

  return {
    async close() {
      stopping.abort();
      await stopped;
    },
  };
}
