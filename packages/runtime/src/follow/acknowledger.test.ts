import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { Acknowledger } from "./acknowledger.ts";

/** An acknowledger whose calls end when the test says so. */
function acknowledgerForTest() {
  const told: { revision: bigint; isLeaving: boolean; atMs: number }[] = [];
  const calls: PromiseWithResolvers<void>[] = [];
  const acknowledger = new Acknowledger(({ revision, isLeaving }) => {
    told.push({ revision, isLeaving, atMs: performance.now() });
    const call = Promise.withResolvers<void>();
    calls.push(call);
    return call.promise;
  });
  const end = (index: number) => eventually(() => expect(calls.length).toBeGreaterThan(index));
  onTestFinished(() => {
    for (const call of calls) call.resolve();
  });
  return {
    ...{ acknowledger, told },
    succeed: (index: number) => end(index).then(() => calls[index]?.resolve()),
    fail: (index: number) => end(index).then(() => calls[index]?.reject(new Error("test"))),
  };
}

const at = (revision: bigint) => ({ historyId: "h", revision });

test("while a call is under way there is no other; then the newest is told, no sooner than 50 ms later", async () => {
  const { acknowledger, told, succeed } = acknowledgerForTest();
  for (let revision = 1n; revision <= 5n; revision++) acknowledger.held(at(revision));
  await succeed(0);
  await eventually(() => expect(told.map(({ revision }) => revision)).toEqual([1n, 5n]));
  expect((told[1]?.atMs ?? 0) - (told[0]?.atMs ?? 0)).toBeGreaterThan(45);
});

test("after a failure the next position is told", async () => {
  const { acknowledger, told, fail } = acknowledgerForTest();
  acknowledger.held(at(1n));
  acknowledger.held(at(2n));
  await fail(0);
  await eventually(() => expect(told.map(({ revision }) => revision)).toEqual([1n, 2n]));
});

test("a beginning that auth does not hear is no failure", async () => {
  const { acknowledger, succeed, fail } = acknowledgerForTest();
  const [first, second] = [acknowledger.begin(), acknowledger.begin()];
  await fail(0);
  await succeed(1);
  expect([await first, await second]).toEqual([false, true]);
});

test("the last call says that the follower ends, and nothing is told after it", async () => {
  const { acknowledger, told, succeed } = acknowledgerForTest();
  acknowledger.held(at(1n));
  acknowledger.held(at(2n));
  const closed = acknowledger.close();
  await succeed(0);
  await succeed(1);
  await closed;
  acknowledger.held(at(3n));
  expect(told.map(({ revision, isLeaving }) => [revision, isLeaving])).toEqual([
    [1n, false],
    [0n, true],
  ]);
});
