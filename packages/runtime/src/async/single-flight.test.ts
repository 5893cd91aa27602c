import { expect, test } from "vitest";
import { coalesced, singleFlight } from "./single-flight.ts";

/** A task whose runs end when the test says so. */
function recorder(share: typeof singleFlight<void>) {
  const runs: PromiseWithResolvers<void>[] = [];
  const task = () => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  };
  return { runs, call: share(task) };
}

test("callers during a single flight share it, and the next caller begins another", async () => {
  const { runs, call } = recorder(singleFlight);
  const calls = [call(), call(), call()];
  expect(runs).toHaveLength(1);
  runs[0]?.resolve();
  await Promise.all(calls);
  const later = call();
  expect(runs).toHaveLength(2);
  runs[1]?.resolve();
  await later;
});

test("a single flight that fails fails all who share it, and the next caller begins another", async () => {
  const { runs, call } = recorder(singleFlight);
  const calls = [call(), call()];
  runs[0]?.reject(new Error("NATS is unavailable"));
  for (const each of calls) await expect(each).rejects.toThrow("NATS is unavailable");
  const later = call();
  runs[1]?.resolve();
  await later;
  expect(runs).toHaveLength(2);
});

test("whoever calls as soon as a single flight has ended does not share it", async () => {
  const { runs, call } = recorder(singleFlight);
  const next = call().then(call);
  runs[0]?.resolve();
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.resolve();
  await next;
});

test("callers during a run share one later run, which began after they asked", async () => {
  const { runs, call } = recorder(coalesced);
  const first = call();
  const second = call();
  const third = call();
  expect(runs).toHaveLength(1);
  runs[0]?.resolve();
  await first;
  await Promise.resolve();
  expect(runs).toHaveLength(2);
  runs[1]?.resolve();
  await Promise.all([second, third]);
  expect(runs).toHaveLength(2);
});

test("a run that fails fails its own callers, and the next one runs all the same", async () => {
  const { runs, call } = recorder(coalesced);
  const first = call();
  const second = call();
  runs[0]?.reject(new Error("auth is unavailable"));
  await expect(first).rejects.toThrow("auth is unavailable");
  runs[1]?.resolve();
  await second;
  const third = call();
  runs[2]?.resolve();
  await third;
  expect(runs).toHaveLength(3);
});
