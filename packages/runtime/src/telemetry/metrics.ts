import { collectDefaultMetrics, type Metric, Registry } from "prom-client";

export { Counter, Gauge, Histogram } from "prom-client";

/** Where metrics are registered. */
export interface Metrics {
  readonly registry: Registry;
}

/** Those of this Node process: collected once, since what observes them lasts as long as the process. */
let processMetrics: Registry | undefined;

/** Makes a registry with the default metrics of a Node process, labelled with the service. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (processMetrics === undefined) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics });
  }
  for (const { name } of processMetrics.getMetricsAsArray()) {
    registry.registerMetric(processMetrics.getSingleMetric(name) as Metric);
  }
  return { registry };
}
