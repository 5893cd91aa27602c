import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyUses } from "./key-uses.ts";

const MINUTE_MS = 60_000;
const T = Date.UTC(2026, 10, 30, 12);
const SEED = 20_261_130;

test("a use is told by its minute, once", () => {
  const uses = new KeyUses();
  uses.note("key_a", T + 1);
  uses.note("key_a", T + 59_999);
  const pending = uses.pending(T);
  expect(pending).toEqual([{ keyId: "key_a", minuteMs: T }]);
  uses.told(pending);
  uses.note("key_a", T + 59_999);
  expect(uses.pending(T)).toEqual([]);
  uses.note("key_a", T + MINUTE_MS);
  expect(uses.pending(T + MINUTE_MS)).toEqual([{ keyId: "key_a", minuteMs: T + MINUTE_MS }]);
});

test("what is not told stays, and a use while it is being told is told again", () => {
  const uses = new KeyUses();
  uses.note("key_a", T);
  const first = uses.pending(T);
  expect(uses.pending(T)).toEqual(first);
  uses.note("key_a", T + MINUTE_MS);
  uses.told(first);
  expect(uses.pending(T + MINUTE_MS)).toEqual([{ keyId: "key_a", minuteMs: T + MINUTE_MS }]);
});

test("a clock that goes back takes nothing back", () => {
  const uses = new KeyUses();
  uses.note("key_a", T);
  uses.note("key_a", T - MINUTE_MS);
  expect(uses.pending(T)).toEqual([{ keyId: "key_a", minuteMs: T }]);
});

test("beyond the bound uses are forgotten and counted, until others were told and their minute is over", () => {
  const uses = new KeyUses({ keysMax: 2 });
  for (const keyId of ["a", "b", "c", "c", "a"]) uses.note(keyId, T);
  expect([uses.takeForgotten(), uses.takeForgotten()]).toEqual([2, 0]);
  const pending = uses.pending(T);
  expect(pending.map(({ keyId }) => keyId)).toEqual(["a", "b"]);
  uses.told(pending);
  expect(uses.pending(T + MINUTE_MS)).toEqual([]);
  uses.note("c", T + MINUTE_MS);
  expect(uses.pending(T + MINUTE_MS).map(({ keyId }) => keyId)).toEqual(["c"]);
});

test("whatever fails and in whatever order, the last use of each key is told in the end", () => {
  const step = fc.oneof(
    fc.record({ keyId: fc.constantFrom("a", "b", "c"), laterMs: fc.nat(90_000) }),
    fc.record({ isTold: fc.boolean(), laterMs: fc.nat(90_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const uses = new KeyUses();
      const used = new Map<string, number>();
      const told = new Map<string, number>();
      let nowMs = T;
      const report = (isTold: boolean) => {
        const pending = uses.pending(nowMs);
        if (!isTold) return;
        for (const { keyId, minuteMs } of pending) told.set(keyId, minuteMs);
        uses.told(pending);
      };
      for (const each of steps) {
        nowMs += each.laterMs;
        if ("keyId" in each) {
          uses.note(each.keyId, nowMs);
          used.set(each.keyId, nowMs - (nowMs % MINUTE_MS));
        } else report(each.isTold);
      }
      report(true);
      expect([...told].toSorted()).toEqual([...used].toSorted());
      expect(uses.pending(nowMs)).toEqual([]);
    }),
    { seed: SEED, numRuns: 300 },
  );
});
