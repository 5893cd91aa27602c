import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

const OBSERVED = "nodejs_gc_duration_seconds";

test("registries of one process share its metrics, each with the name of its service", async () => {
  const [first, second] = [createMetrics("first").registry, createMetrics("second").registry];
  // What observes the collector can never be closed: one for each registry would keep them all.
  expect(second.getSingleMetric(OBSERVED)).toBe(first.getSingleMetric(OBSERVED));
  expect(first.getSingleMetric(OBSERVED)).toBeDefined();
  expect(await first.metrics()).toMatch(/^process_cpu_seconds_total\{service="first"\} /m);
  expect(await second.metrics()).toMatch(/^process_cpu_seconds_total\{service="second"\} /m);
});
