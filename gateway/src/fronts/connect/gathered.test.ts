import fc from "fast-check";
import { expect, test } from "vitest";
import { turns } from "../../lookups/testing/fake-geo.ts";
import { gathered } from "./gathered.ts";

const COUNT_MAX = 4;

/** Gives each group in a turn of its own. */
async function* inTurns(groups: readonly (readonly number[])[], failure?: Error) {
  for (const group of groups) {
    await turns(2);
    yield* group;
  }
  if (failure !== undefined) throw failure;
}

test("what comes in one turn travels together, up to a bound, and what comes later by itself", async () => {
  const together = await Array.fromAsync(gathered(inTurns([[1, 2, 3], [4], [5, 6]]), COUNT_MAX));
  expect(together).toEqual([[1, 2, 3], [4], [5, 6]]);
  const cut = await Array.fromAsync(gathered(inTurns([[1, 2, 3, 4, 5, 6]]), COUNT_MAX));
  expect(cut).toEqual([
    [1, 2, 3, 4],
    [5, 6],
  ]);
});

test("nothing is lost, moved or held back, also before a failure", async () => {
  const groups = fc.array(fc.array(fc.nat(9), { maxLength: 7 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(groups, fc.boolean(), async (all, fails) => {
      const failure = fails ? new Error("reset") : undefined;
      const got: number[] = [];
      let error: unknown;
      try {
        for await (const some of gathered(inTurns(all, failure), COUNT_MAX)) {
          expect(some.length).toBeGreaterThan(0);
          expect(some.length).toBeLessThanOrEqual(COUNT_MAX);
          got.push(...some);
        }
      } catch (cause) {
        error = cause;
      }
      expect(got).toEqual(all.flat());
      expect(error).toBe(failure);
    }),
    { numRuns: 50 },
  );
});

test("one that is alone does not wait for the next", async () => {
  async function* one() {
    yield 1;
    await new Promise(() => undefined);
  }
  const out = gathered(one(), COUNT_MAX);
  expect(await out.next()).toEqual({ done: false, value: [1] });
});

test("a consumer that goes ends the source", async () => {
  let isEnded = false;
  async function* endless() {
    try {
      for (let n = 0; ; n += 1) yield n;
    } finally {
      isEnded = true;
    }
  }
  for await (const some of gathered(endless(), COUNT_MAX)) {
    expect(some).toEqual([0, 1, 2, 3]);
    break;
  }
  await turns();
  expect(isEnded).toBe(true);
});
