import { Counter, Gauge, type Metrics } from "@geomesh/runtime/telemetry/metrics";

/** The metrics of auth beside those of every process. */
export interface AuthMetrics {
  /** Counts one reading of what changed in the database. */
  countReading(): void;
  /** Records in memory. */
  setRecords(count: number): void;
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
  return {
    countReading: () => readings.inc(),
    setRecords: (count) => records.set(count),
    addWatchers: (count) => watchers.inc(count),
  };
}
