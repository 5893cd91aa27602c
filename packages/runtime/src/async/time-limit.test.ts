import { setTimeout as wait } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { withTimeLimit } from "./time-limit.ts";

const NEVER = new Promise<never>(() => {});
const HOUR_MS = 3_600_000;

test("what settles in time keeps its outcome", async () => {
  expect(await withTimeLimit(Promise.resolve("done"), HOUR_MS)).toBe("done");
  const failed = Promise.reject(new Error("refused"));
  await expect(withTimeLimit(failed, HOUR_MS)).rejects.toThrow("refused");
});

test("what does not settle in time is rejected, not sooner than the limit", async () => {
  const startMs = performance.now();
  await expect(withTimeLimit(NEVER, 50)).rejects.toThrow("not done after 50 ms");
  expect(performance.now() - startMs).toBeGreaterThan(48);
});

test("the caller may say with what it is rejected, and the error is made only then", async () => {
  const onLate = vi.fn(() => new RangeError("accounts are still being loaded"));
  await withTimeLimit(Promise.resolve(), 20, onLate);
  expect(onLate).not.toHaveBeenCalled();
  await expect(withTimeLimit(NEVER, 20, onLate)).rejects.toThrow(RangeError);
  expect(onLate).toHaveBeenCalledTimes(1);
});

test("a rejection after the limit is nobody's unhandled rejection", async () => {
  const late = Promise.withResolvers<void>();
  await expect(withTimeLimit(late.promise, 10)).rejects.toThrow("not done");
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  late.reject(new Error("too late"));
  await wait(20);
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test("no timer is left behind", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  for (let call = 0; call < 20; call += 1) await withTimeLimit(Promise.resolve(), HOUR_MS);
  expect(timers()).toBeLessThan(before + 20);
});
