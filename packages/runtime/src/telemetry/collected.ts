import type { Metrics } from "./metrics.ts";

/** One value of a metric. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of a histogram: the metric's name and `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
}

/** A metric whose values its owner counts in its own way. */
export interface CollectedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Tells all values, each time that they are asked for. */
  readonly read: () => Sample[];
}

/**
 * Registers a metric that is read when it is asked for, so that counting is as cheap as its owner makes it. Several processes'
 * values are added up.
 */
export function registerCollected({ registry }: Metrics, metric: CollectedMetric): void {
  const { name, help, type, read } = metric;
  const collected = {
    ...{ name, help, type, aggregator: "sum" },
    get: async () => ({ name, help, type, aggregator: "sum", values: read() }),
  };
  // The registry needs no more of a metric than its name and `get`.
  registry.registerMetric(collected as never);
}
