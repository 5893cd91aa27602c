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
  /** What becomes of the values of several processes; default is that they are added up. */
  readonly aggregator?: "sum" | "min";
  /** Tells all values, each time that they are asked for. */
  readonly read: () => Sample[];
}

/** Registers a metric that is read when it is asked for, so that counting is as cheap as its owner makes it. */
export function registerCollected({ registry }: Metrics, metric: CollectedMetric): void {
  const { name, help, type, aggregator = "sum", read } = metric;
  const collected = {
    ...{ name, help, type, aggregator },
    get: async () => ({ name, help, type, aggregator, values: read() }),
  };
  // The registry needs no more of a metric than its name and `get`.
  registry.registerMetric(collected as never);
}
