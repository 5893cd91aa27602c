import { expect, test } from "vitest";
import { createWakeup } from "./wakeup.ts";

const neverMs = 60_000;

test("a call ends the wait at once", async () => {
  const wakeup = createWakeup();
  const waiting = wakeup.wait(neverMs);
  wakeup.call();
  await waiting;
});

test("a call while the loop is awake is remembered, once however often it came", async () => {
  const wakeup = createWakeup();
  wakeup.call();
  wakeup.call();
  await wakeup.wait(neverMs);
  const startedMs = performance.now();
  await wakeup.wait(30);
  expect(performance.now() - startedMs).toBeGreaterThan(25);
});
