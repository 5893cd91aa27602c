import fc from "fast-check";
import { expect, test } from "vitest";
import type { Lookup } from "./lookup.ts";
import { queueForTest, sumOf } from "./testing/queue.ts";

const QUANTUM = 64;
const ROOM = { all: 256, batches: 256 };

test("while an account has 16,000 addresses in batches, another's single lookup is in the next frame", () => {
  const { add, drain } = queueForTest();
  for (let i = 0; i < 16; i += 1) add("acct_a", 1_000);
  drain(ROOM);
  const single = add("acct_b", 1);
  expect(drain(ROOM).map(({ lookup }) => lookup)).toContain(single);
});

test("a single lookup does not wait behind batches of its own account", () => {
  const { add, drain } = queueForTest();
  for (let i = 0; i < 16; i += 1) add("acct_a", 1_000);
  drain(ROOM);
  const single = add("acct_a", 1);
  expect(drain(ROOM).map(({ lookup }) => lookup)).toContain(single);
});

test("a single lookup goes where batches have no room left", () => {
  const { add, drain } = queueForTest();
  add("acct_a", 1_000);
  const single = add("acct_b", 1);
  expect(drain({ all: 256, batches: 0 })).toMatchObject([{ lookup: single, count: 1 }]);
  expect(drain({ all: 256, batches: -5 })).toEqual([]);
  expect(sumOf(drain(ROOM))).toBe(256);
});

test("whatever room there is, accounts whose batches wait get equal shares", () => {
  const room = fc.record({ all: fc.nat(600), batches: fc.nat(600) });
  const accounts = fc.integer({ min: 2, max: 5 });
  fc.assert(
    fc.property(accounts, fc.array(room, { maxLength: 30 }), fc.nat(29), (count, rooms, joins) => {
      const { add, drain } = queueForTest();
      const names = Array.from({ length: count }, (_, i) => `acct_${i}`);
      const served = new Map<string, number>();
      const join = (name: string) => {
        for (let i = 0; i < 20; i += 1) add(name, 1_000);
        // Who comes later has a share from then on.
        served.set(name, Math.min(...served.values(), Number.MAX_SAFE_INTEGER));
      };
      for (const name of names.slice(1)) join(name);
      for (const name of served.keys()) served.set(name, 0);
      for (const [at, each] of rooms.entries()) {
        if (at === joins) join(names[0] as string);
        for (const { account, count } of drain(each)) {
          served.set(account, (served.get(account) ?? 0) + count);
        }
        const shares = [...served.values()];
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2 * QUANTUM);
      }
    }),
  );
});

test("the lookups of an account are served in order, those that ended are dropped", () => {
  const { queue, add, drain } = queueForTest();
  const [first, second, third] = [add("acct_a", 1), add("acct_a", 1), add("acct_a", 1)];
  second.record();
  expect(drain(ROOM).map(({ lookup }) => lookup)).toEqual([first, third]);
  expect(queue.isEmpty).toBe(true);
});

test("lookups whose deadline has passed leave, in whatever lane they wait", () => {
  const { queue, add, drain } = queueForTest();
  const early = [add("acct_a", 1, 10), add("acct_a", 100, 10), add("acct_b", 1, 10)];
  const late = [add("acct_a", 1, 11), add("acct_c", 2, 11)];
  expect(new Set(queue.takeExpired(10))).toEqual(new Set(early));
  expect(queue.takeExpired(10)).toEqual([]);
  expect(new Set(drain(ROOM).map(({ lookup }) => lookup))).toEqual(new Set(late));
  expect(queue.isEmpty).toBe(true);
});

test("all that waits can be taken, and then nothing waits", () => {
  const { queue, add, drain } = queueForTest();
  const all = [add("acct_a", 1), add("acct_a", 600), add("acct_b", 1)];
  drain({ all: 1, batches: 0 });
  expect(queue.takeAll()).toHaveLength(all.length - 1);
  expect([queue.isEmpty, queue.takeAll(), drain(ROOM)]).toEqual([true, [], []]);
});

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      account: fc.constantFrom("a", "b", "c"),
      count: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 200 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("drain" as const),
      all: fc.nat(400),
      batches: fc.integer({ min: -100, max: 400 }),
    }),
  },
  fc.record({ do: fc.constant("end" as const), which: fc.nat() }),
  fc.record({ do: fc.constant("expire" as const) }),
);

test("nothing is lost, sent twice, out of order or beyond its room, and no room is left while something waits", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const { queue, add, drain } = queueForTest();
      const sent = new Map<Lookup, number>();
      let waiting: { lookup: Lookup; lane: string; count: number; deadlineMs: number }[] = [];
      const isDone = (lookup: Lookup, count: number) => lookup.isOver || sent.get(lookup) === count;
      for (const [at, each] of actions.entries()) {
        if (each.do === "add") {
          const { account, count } = each;
          // All of an account have the same patience.
          const lookup = add(account, count, at + 10);
          waiting.push({ lookup, lane: `${account}${count > 1}`, count, deadlineMs: at + 10 });
          sent.set(lookup, 0);
        } else if (each.do === "end") waiting[each.which % waiting.length]?.lookup.record();
        else if (each.do === "expire") {
          const left = new Set(queue.takeExpired(at));
          for (const { lookup, deadlineMs } of waiting) {
            expect(left.has(lookup)).toBe(deadlineMs <= at && left.has(lookup));
          }
          expect(waiting.filter((one) => one.deadlineMs <= at && !left.has(one.lookup))).toEqual(
            [],
          );
          waiting = waiting.filter(({ lookup }) => !left.has(lookup));
        } else {
          const puts = drain(each);
          const ofBatches = sumOf(puts.filter(({ isBatch }) => isBatch));
          expect(sumOf(puts)).toBeLessThanOrEqual(each.all);
          expect(ofBatches).toBeLessThanOrEqual(Math.max(0, each.batches));
          for (const { lookup, offset, count } of puts) {
            const entry = waiting.find((one) => one.lookup === lookup);
            const first = waiting.find(
              (one) => one.lane === entry?.lane && !isDone(one.lookup, one.count),
            );
            expect([first?.lookup, sent.get(lookup)]).toEqual([lookup, offset]);
            sent.set(lookup, offset + count);
          }
          waiting = waiting.filter(({ lookup, count }) => !isDone(lookup, count));
          const hasRoom = (one: (typeof waiting)[number]) =>
            sumOf(puts) < each.all && (one.count === 1 || ofBatches < each.batches);
          expect(waiting.filter(hasRoom)).toEqual([]);
        }
      }
    }),
    { numRuns: 300 },
  );
});
