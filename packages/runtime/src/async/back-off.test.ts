import { expect, test } from "vitest";
import { BackOff } from "./back-off.ts";

const waits = (backOff: BackOff, count: number) =>
  Array.from({ length: count }, () => backOff.nextMs());

test("each wait is twice the one before, up to the longest", () => {
  const backOff = new BackOff({ minMs: 100, maxMs: 1_000 });
  expect(waits(backOff, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(backOff.failures).toBe(6);
});

test("any number of failures waits no longer than the longest", () => {
  const backOff = new BackOff({ minMs: 100, maxMs: 30_000 });
  expect(waits(backOff, 2_000).at(-1)).toBe(30_000);
});

test("after a success the waits start again", () => {
  const backOff = new BackOff({ minMs: 100, maxMs: 1_000 });
  waits(backOff, 3);
  backOff.reset();
  expect(backOff.failures).toBe(0);
  expect(waits(backOff, 2)).toEqual([100, 200]);
});

test("with jitter the waits of many differ, by at most half of it to either side", () => {
  const first = Array.from({ length: 200 }, () =>
    new BackOff({ minMs: 1_000, maxMs: 1_000, jitter: 0.4 }).nextMs(),
  );
  for (const waitMs of first) {
    expect(waitMs).toBeGreaterThanOrEqual(800);
    expect(waitMs).toBeLessThanOrEqual(1_200);
  }
  expect(new Set(first).size).toBeGreaterThan(100);
});
