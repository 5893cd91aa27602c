import { expect, test } from "vitest";
import { startPoller } from "./poller.ts";

const NEVER_MS = 60_000;

test("polls follow each other one at a time, and continue after one that fails", async () => {
  const enough = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  let polls = 0;
  let running = 0;
  let runningMax = 0;
  const poller = startPoller(
    async () => {
      polls++;
      running++;
      runningMax = Math.max(runningMax, running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (polls === 2) throw new Error("second");
      if (polls === 4) enough.resolve();
    },
    { pauseMs: 1, onError: (error) => errors.push(error) },
  );
  await enough.promise;
  await poller.close();
  expect(errors).toEqual([new Error("second")]);
  expect(runningMax).toBe(1);
});

test("close waits for the poll under way, and no other one starts", async () => {
  const started = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<void>();
  const events: string[] = [];
  const poller = startPoller(
    async () => {
      events.push("started");
      started.resolve();
      await slow.promise;
      events.push("ended");
    },
    { pauseMs: 1, onError: () => undefined },
  );
  await started.promise;
  const closed = poller.close().then(() => events.push("closed"));
  slow.resolve();
  await closed;
  expect(events).toEqual(["started", "ended", "closed"]);
});

test("close ends a pause at once", async () => {
  let polls = 0;
  const poller = startPoller(async () => void polls++, {
    pauseMs: NEVER_MS,
    onError: () => undefined,
  });
  await poller.close();
  expect(polls).toBe(0);
});
