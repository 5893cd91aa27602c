import { expect, test } from "vitest";
import { aggregateMetrics, type MetricsSnapshot } from "./aggregate-metrics.ts";
import { Counter, createMetrics, Gauge, Histogram } from "./metrics.ts";

/** The metrics of a process as they arrive at another. */
async function snapshotOf(asked: number, waiting: number): Promise<MetricsSnapshot> {
  const { registry } = createMetrics("test");
  const registers = [registry];
  const counter = new Counter({
    name: "asked_total",
    help: "Asked.",
    labelNames: ["by"],
    registers,
  });
  counter.inc({ by: `caller ${asked}` }, asked);
  counter.inc({ by: "all" }, asked);
  new Gauge({ name: "waiting", help: "Waiting.", registers }).set(waiting);
  const seconds = new Histogram({ name: "seconds", help: "Time.", buckets: [1], registers });
  seconds.observe(asked);
  return JSON.parse(JSON.stringify(await registry.getMetricsAsJSON()));
}

const text = async () =>
  aggregateMetrics([await snapshotOf(1, 5), await snapshotOf(2, Number.NaN)]);

test("counters and histograms of several processes are added by their labels", async () => {
  const told = await text();
  expect(told).toContain('asked_total{by="all",service="test"} 3\n');
  expect(told).toContain('asked_total{by="caller 1",service="test"} 1\n');
  expect(told).toContain('asked_total{by="caller 2",service="test"} 2\n');
  expect(told).toContain('seconds_bucket{le="1",service="test"} 1\n');
  expect(told).toContain('seconds_count{service="test"} 2\n');
});

test("a value that JSON cannot hold is not a number, and never counts as 0", async () => {
  expect(await text()).toMatch(/^waiting\{service="test"\} nan$/im);
});

test("what Node tells of a process is there once, for all processes", async () => {
  const told = await text();
  expect(told.match(/^process_cpu_seconds_total\{/gm)).toHaveLength(1);
  expect(told.match(/^nodejs_version_info\{.*\} 1$/gm)).toHaveLength(1);
});
