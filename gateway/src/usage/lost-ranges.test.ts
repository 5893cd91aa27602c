import fc from "fast-check";
import { expect, test } from "vitest";
import { LostRanges } from "./lost-ranges.ts";

const range = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 12 }))
  .map(([first, more]) => ({ first, last: first + more }));

test("of any ranges in any order, those parts are new that were in none before", () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), (all) => {
      const lost = new LostRanges();
      const known = new Set<number>();
      for (const each of all) {
        const isNew: number[] = [];
        for (let i = each.first; i <= each.last; i++) if (!known.has(i)) isNew.push(i);
        const parts = lost
          .add(each)
          .flatMap(({ first, last }) =>
            Array.from({ length: last - first + 1 }, (_, i) => first + i),
          );
        expect(parts).toEqual(isNew);
        for (const i of isNew) known.add(i);
      }
    }),
  );
});

test("of 1,000 ranges each is known apart; beyond, what lies between the lowest counts as told", () => {
  const lost = new LostRanges();
  const at = (n: number) => ({ first: 10 * n, last: 10 * n });
  for (let n = 1; n <= 1_000; n++) expect(lost.add(at(n))).toEqual([at(n)]);
  expect(lost.add({ first: 15, last: 15 })).toEqual([{ first: 15, last: 15 }]);
  expect(lost.add({ first: 12, last: 12 })).toEqual([]);
  expect(lost.add({ first: 9_995, last: 9_995 })).toEqual([{ first: 9_995, last: 9_995 }]);
});
