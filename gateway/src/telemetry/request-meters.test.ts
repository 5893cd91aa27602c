import { expect, test } from "vitest";
import { RequestMeters } from "./request-meters.ts";

test("answers are counted by operation and class of status", () => {
  const meters = new RequestMeters();
  const meter = meters.of("GetLocation");
  for (const status of [200, 201, 304, 404, 499, 503]) meter.count(status, 1);
  expect(meter.answers()).toEqual([
    { labels: { operation: "GetLocation", status: "2xx" }, value: 2 },
    { labels: { operation: "GetLocation", status: "3xx" }, value: 1 },
    { labels: { operation: "GetLocation", status: "4xx" }, value: 2 },
    { labels: { operation: "GetLocation", status: "5xx" }, value: 1 },
  ]);
});

test("their times are a histogram in seconds, whose buckets hold what is not above their bound", () => {
  const meter = new RequestMeters().of("GetLocation");
  for (const ms of [0.5, 0.6, 7, 60_000]) meter.count(200, ms);
  const samples = meter.times("s");
  const bucket = (le: number | string) => samples.find(({ labels }) => labels["le"] === le)?.value;
  expect([0.0005, 0.001, 0.005, 0.01, 10, "+Inf"].map(bucket)).toEqual([1, 2, 2, 3, 3, 4]);
  expect(samples.slice(-2)).toEqual([
    { metricName: "s_sum", labels: { operation: "GetLocation" }, value: expect.closeTo(60.0081) },
    { metricName: "s_count", labels: { operation: "GetLocation" }, value: 4 },
  ]);
});

test("an operation has one meter, and one that nobody asked for tells nothing", () => {
  const meters = new RequestMeters();
  expect(meters.of("GetKey")).toBe(meters.of("GetKey"));
  expect([meters.of("GetKey").answers(), meters.of("GetKey").times("s")]).toEqual([[], []]);
});
