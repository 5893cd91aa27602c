import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

const OBSERVED = "nodejs_gc_duration_seconds";

test("registries of one process share its metrics, each with the name of its service", async () => {
  const [first, second] = [createMetrics("first").registry, createMetrics("second").registry];
  // What observes the collector can never be closed: one for each registry would keep them all.
  expect(second.getSingleMetric(OBSERVED)).toBe(first.getSingleMetric(OBSERVED));
  expect(first.getSingleMetric(OBSERVED)).toBeDefined();
  // Set anew at each reading; other files of this process may have read the counters by their own names of services.
  expect(await first.metrics()).toMatch(/^process_resident_memory_bytes\{service="first"\} /m);
  expect(await second.metrics()).toMatch(/^process_resident_memory_bytes\{service="second"\} /m);
});
