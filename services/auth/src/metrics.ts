import { Counter, Gauge, type Metrics } from "@geomesh/runtime/telemetry/metrics";

/** The metrics of auth beside those of every process. */
export interface AuthMetrics {
  /** Counts one reading of what changed in the database. */
  countReading(): void;
  /** Records in memory. */
  setRecords(count: number): void;
  /** Counts rows of a table that became too old. */
  countRemoved(
    table: "audit_events" | "idempotency_records" | "keys" | "outbox",
    count: number,
  ): void;
  /** A follower came (+1) or left (-1). */
  addWatchers(count: number): void;
}

/** Registers auth's own metrics. */
export function createAuthMetrics({ registry }: Metrics): AuthMetrics {
  const registers = [registry];
  const readings = new Counter({
    name: "auth_directory_readings_total",
    help: "Readings of changed records from the database, for all watchers together.",
    registers,
  });
  const records = new Gauge({
    name: "auth_directory_records",
    help: "Accounts, plans and keys in memory.",
    registers,
  });
  const watchers = new Gauge({
    name: "auth_directory_watchers",
    help: "WatchChanges calls that are open.",
    registers,
  });
  const removed = new Counter({
    name: "auth_removed_rows_total",
    help: "Rows that were removed because of their age, by table; those of the outbox were never published.",
    labelNames: ["table"],
    registers,
  });
  return {
    countRemoved: (table, count) => removed.inc({ table }, count),
    countReading: () => readings.inc(),
    setRecords: (count) => records.set(count),
    addWatchers: (count) => watchers.inc(count),
  };
}
