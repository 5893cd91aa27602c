import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";

test("a child that keeps dying waits twice as long each time, up to 5 s", () => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 7 }, () => backoff.delayMsAfter(50));
  expect(delays).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
});

test("a child that stayed up a while is restarted at once again", () => {
  const backoff = new Backoff();
  for (let i = 0; i < 5; i++) backoff.delayMsAfter(50);
  expect(backoff.delayMsAfter(10_000)).toBe(200);
  expect(backoff.delayMsAfter(9_999)).toBe(400);
});
