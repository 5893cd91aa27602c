import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from "prom-client";

/** The metrics of one process at one moment, as they pass between processes. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

/**
 * The metrics of several processes as those of one, in Prometheus text: values with the same labels are added, where the
 * metric does not state another way. JSON has no infinite values and no NaN; what became `null` there counts as NaN.
 */
export function aggregateMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  const whole = snapshots.map((metrics) =>
    metrics.map((metric) => ({
      ...metric,
      values: metric.values.map((each) => ({ ...each, value: each.value ?? Number.NaN })),
    })),
  );
  return AggregatorRegistry.aggregate(whole).metrics();
}
