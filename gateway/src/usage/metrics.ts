import { Gauge, type Metrics } from "@geomesh/runtime/telemetry/metrics";
import type { Evidence } from "./evidence.ts";

/** What the metrics of the room read. */
export interface UsageMetricsDeps {
  readonly evidence: Evidence;
  /** Records that metering has not committed. */
  readonly uncommitted: () => number;
}

/** Registers the metrics of the spool. */
export function registerUsageMetrics(
  { registry }: Metrics,
  { evidence, uncommitted }: UsageMetricsDeps,
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge(
    "gateway_usage_uncommitted_records",
    "Usage records in the spool that metering has not committed.",
    uncommitted,
  );
  gauge(
    "gateway_usage_damaged_bytes",
    "Bytes of the spool that this process found damaged and kept aside.",
    () => evidence.damagedBytes,
  );
  gauge(
    "gateway_usage_damaged_records",
    "Usage records that this process found damaged or missing and reported as lost.",
    () => evidence.lostRecords,
  );
}
