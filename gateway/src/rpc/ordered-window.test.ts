import fc from "fast-check";
import { expect, test } from "vitest";
import { turns } from "../lookups/testing/fake-geo.ts";
import { orderedWindow } from "./ordered-window.ts";

interface Window {
  readonly itemsMax?: number;
  readonly underWayMax?: number;
}

/** A window whose work ends when the test says so. */
function windowOver(source: AsyncIterable<readonly number[]>, options: Window = {}) {
  const parts: { items: readonly number[]; end: (error?: Error) => void }[] = [];
  const seen = { over: 0 };
  const work = (items: readonly number[]) =>
    new Promise<readonly number[]>((resolve, reject) => {
      parts.push({ items, end: (error) => (error ? reject(error) : resolve(items)) });
    });
  const results = orderedWindow(source, work, {
    ...{ itemsMax: 3, underWayMax: 2, ...options },
    onOver: () => {
      seen.over += 1;
    },
  });
  return { parts, seen, results };
}

async function* sourceOf(chunks: readonly (readonly number[])[], failure?: Error) {
  yield* chunks;
  if (failure !== undefined) throw failure;
}

/** Chunks that come when the test pushes them. */
function pushed() {
  const chunks: (readonly number[])[] = [];
  const seen = { asked: 0, returned: 0 };
  let wake: () => void = () => undefined;
  const source: AsyncIterable<readonly number[]> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        seen.asked += 1;
        while (chunks.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        return { done: false, value: chunks.shift() ?? [] };
      },
      async return() {
        seen.returned += 1;
        return { done: true, value: undefined };
      },
    }),
  };
  return {
    ...{ source, seen },
    push(...items: number[]) {
      chunks.push(items);
      wake();
    },
  };
}

const run = fc.record({
  chunks: fc.array(fc.array(fc.nat(9), { maxLength: 7 }), { maxLength: 8 }),
  itemsMax: fc.integer({ min: 1, max: 5 }),
  underWayMax: fc.integer({ min: 1, max: 4 }),
  /** Which of the parts under way ends next, over and over. */
  order: fc.array(fc.nat(7), { minLength: 1, maxLength: 8 }),
  /** The part that fails. */
  failing: fc.option(fc.nat(12), { nil: undefined }),
  sourceFails: fc.boolean(),
  /** After so many results the consumer stops. */
  takes: fc.option(fc.nat(6), { nil: undefined }),
});

test("whatever ends first, and whatever fails, results come in order and nothing beyond the bounds is begun", async () => {
  await fc.assert(
    fc.asyncProperty(run, async ({ chunks, order, failing, sourceFails, takes, ...options }) => {
      const all = chunks.flat();
      const broken = sourceFails ? new Error("source") : undefined;
      const { parts, seen, results } = windowOver(sourceOf(chunks, broken), options);
      const open = new Set<number>();
      let most = 0;
      let begun = 0;
      let isDone = false;
      const got: number[] = [];
      const consumer = (async () => {
        let taken = 0;
        if (takes === 0) return;
        for await (const items of results) {
          got.push(...items);
          taken += 1;
          if (taken === takes) return;
        }
      })();
      const ended = consumer.then(
        () => undefined,
        (error: Error) => error.message,
      );
      void ended.then(() => {
        isDone = true;
      });
      for (let step = 0; !isDone; step += 1) {
        await turns(1);
        for (; begun < parts.length; begun += 1) open.add(begun);
        most = Math.max(most, open.size);
        const waiting = [...open];
        const next = waiting[(order[step % order.length] ?? 0) % Math.max(1, waiting.length)];
        if (next === undefined) continue;
        open.delete(next);
        parts[next]?.end(next === failing ? new Error("part") : undefined);
      }
      const message = await ended;
      expect(parts.every(({ items }) => items.length <= options.itemsMax)).toBe(true);
      expect(parts.flatMap(({ items }) => items)).toEqual(
        all.slice(0, parts.flatMap(({ items }) => items).length),
      );
      expect(got).toEqual(all.slice(0, got.length));
      expect(most).toBeLessThanOrEqual(options.underWayMax);
      if (message === undefined && takes === undefined) expect(got).toEqual(all);
      if (message === "source") expect(got).toEqual(all);
      if (message === "part") {
        const before = parts.slice(0, failing).flatMap(({ items }) => items);
        expect(got).toEqual(before);
      }
      if (takes !== 0) expect(seen.over).toBe(1);
    }),
    { numRuns: 200 },
  );
});

test("a result comes before the next item is there", async () => {
  const { source, push } = pushed();
  const { parts, results } = windowOver(source);
  push(1);
  const first = results.next();
  await turns();
  parts[0]?.end();
  expect(await first).toEqual({ done: false, value: [1] });
  push(2);
  const second = results.next();
  await turns();
  parts[1]?.end();
  expect(await second).toEqual({ done: false, value: [2] });
  await results.return();
});

test("a consumer that takes nothing stops the source", async () => {
  const { source, seen, push } = pushed();
  const { parts, results } = windowOver(source, { itemsMax: 1, underWayMax: 2 });
  for (let n = 0; n < 10; n += 1) push(n);
  const first = results.next();
  await turns();
  parts[0]?.end();
  await first;
  await turns();
  expect(parts).toHaveLength(2);
  expect(seen.asked).toBeLessThanOrEqual(3);
  await results.return();
});

test("a consumer that goes ends the source, and does not wait for what never comes", async () => {
  const { source, seen: sourceSeen, push } = pushed();
  const { parts, seen, results } = windowOver(source);
  push(1);
  const first = results.next();
  await turns();
  parts[0]?.end();
  await first;
  await results.return();
  expect([seen.over, sourceSeen.returned]).toEqual([1, 1]);
});
