import { expect, test } from "vitest";
import { coalesced } from "./single-flight.ts";

function recorder() {
  const runs: PromiseWithResolvers<void>[] = [];
  const task = () => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  };
  return { runs, call: coalesced(task) };
}

test("callers during a run share one later run, which began after they asked", async () => {
  const { runs, call } = recorder();
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
  const { runs, call } = recorder();
  const first = call();
  const second = call();
  runs[0]?.reject(new Error("auth is away"));
  await expect(first).rejects.toThrow("auth is away");
  runs[1]?.resolve();
  await second;
  const third = call();
  runs[2]?.resolve();
  await third;
  expect(runs).toHaveLength(3);
});
