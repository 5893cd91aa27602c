import { expect, test } from "vitest";
import { aggregateMetrics } from "./aggregate-metrics.ts";
import { registerCollected } from "./collected.ts";
import { createMetrics } from "./metrics.ts";

function metricsWith(value: () => number) {
  const metrics = createMetrics("test");
  registerCollected(metrics, {
    name: "calls_total",
    help: "Calls.",
    type: "counter",
    read: () => [{ labels: { code: "OK" }, value: value() }],
  });
  return metrics;
}

test("a metric has the values of the moment at which it is read", async () => {
  let calls = 1;
  const { registry } = metricsWith(() => calls);
  expect(await registry.metrics()).toContain('calls_total{code="OK",service="test"} 1\n');
  calls = 2;
  expect(await registry.metrics()).toContain('calls_total{code="OK",service="test"} 2\n');
});

test("those of several processes are added up", async () => {
  const snapshots = [2, 3].map((calls) => metricsWith(() => calls).registry.getMetricsAsJSON());
  const text = await aggregateMetrics(await Promise.all(snapshots));
  expect(text).toContain('calls_total{code="OK",service="test"} 5\n');
});
