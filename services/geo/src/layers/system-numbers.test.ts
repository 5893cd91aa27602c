import { expect, test } from "vitest";
import { isPublicSystem } from "./system-numbers.ts";

test.each([
  [1, 23_455],
  [23_457, 64_495],
  [131_072, 4_199_999_999],
])("systems from %d to %d may be on the Internet", (first, last) => {
  expect([isPublicSystem(first), isPublicSystem(last)]).toEqual([true, true]);
  expect([isPublicSystem(first - 1), isPublicSystem(last + 1)]).toEqual([false, false]);
});

test.each([
  ["no system", 0],
  ["AS_TRANS", 23_456],
  ["documentation", 64_496],
  ["documentation", 64_511],
  ["private use", 64_512],
  ["private use", 65_534],
  ["the last of 16 bits", 65_535],
  ["documentation", 65_551],
  ["reserved", 65_552],
  ["private use", 4_200_000_000],
  ["the last of 32 bits", 4_294_967_295],
])("%s: %d is on no Internet", (_, number) => {
  expect(isPublicSystem(number)).toBe(false);
});
