import { expect, test } from "vitest";
import { RestartDelay } from "./restart-delay.ts";

test("a child that keeps dying waits twice as long each time, up to 5 s", () => {
  const delay = new RestartDelay();
  const delays = Array.from({ length: 7 }, () => delay.afterMs(50));
  expect(delays).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
});

test("a child that stayed up a while is restarted at once again", () => {
  const delay = new RestartDelay();
  for (let i = 0; i < 5; i++) delay.afterMs(50);
  expect(delay.afterMs(10_000)).toBe(200);
  expect(delay.afterMs(9_999)).toBe(400);
});
