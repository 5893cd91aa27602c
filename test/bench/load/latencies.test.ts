import { expect, test } from "vitest";
import { Latencies } from "./latencies.ts";

test.each([0.001, 0.063, 0.064, 0.5, 1, 3.3, 127, 999, 20_000])(
  "a latency of %d ms is told to within 1.6 %%",
  (ms) => {
    const latencies = new Latencies();
    latencies.count(ms);
    for (const told of [latencies.atMs(0.5), latencies.atMs(1), latencies.maxMs]) {
      expect(told).toBeGreaterThanOrEqual(ms);
      expect(told).toBeLessThanOrEqual(ms * 1.016);
    }
  },
);

test("shares of latencies survive their way through JSON and a sum", () => {
  const [low, high] = [new Latencies(), new Latencies()];
  for (let ms = 1; ms <= 50; ms++) low.count(ms);
  for (let ms = 51; ms <= 100; ms++) high.count(ms);
  const counts = [low, high].map((each) => JSON.parse(JSON.stringify(each.toCounts())));
  const sum = Latencies.sum(counts);
  expect(sum.atMs(0.5)).toBeCloseTo(50, -0.5);
  expect(sum.atMs(0.99)).toBeCloseTo(99, -0.5);
  expect(sum.maxMs).toBeCloseTo(100, -0.5);
});

test("no latency at all is 0", () => {
  expect(new Latencies().atMs(0.99)).toBe(0);
});
