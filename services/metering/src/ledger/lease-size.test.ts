import fc from "fast-check";
import { expect, test } from "vitest";
import { grantSize } from "./lease-size.ts";

test.each([
  [10n, 1_000n, 10n, "what is asked for, where there is plenty"],
  [1_000n, 1_000n, 250n, "no more than a quarter of what is left"],
  [1_000n, 5n, 1n, "one by one near the end"],
  [1_000n, 1n, 1n, "the last unit"],
  [1n, 0n, 0n, "nothing of nothing"],
  [1n, -5n, 0n, "nothing when the quota was lowered below what is used"],
])("of %s wanted with %s left, %s are granted: %s", (wanted, remaining, granted) => {
  expect(grantSize({ needed: 0n, wanted }, remaining)).toBe(granted);
});

test.each([
  [600n, 10n, 1_000n, 600n, "more than a quarter where a request waits for it"],
  [600n, 800n, 1_000n, 600n, "what is wanted beyond the need leaves the rest to others"],
  [2n, 100n, 1_000n, 100n, "the need is part of what is wanted"],
  [1_000n, 1_000n, 1_000n, 1_000n, "all of it, to the last unit"],
  [1_000n, 1_000n, 999n, 0n, "nothing where less is left than is needed"],
  [1n, 1n, 0n, 0n, "nothing of nothing"],
  [0n, 0n, 1_000n, 0n, "nothing where only the life of a lease is extended"],
])(
  "of %s needed and %s wanted with %s left, %s are granted: %s",
  (needed, wanted, left, granted) => {
    expect(grantSize({ needed, wanted }, left)).toBe(granted);
  },
);

test("consecutive grants use up any quota to the last unit and never more", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 15n }),
      fc.bigInt({ min: 1n, max: 10n ** 6n }),
      (quota, wanted) => {
        let left = quota > 2_000n * wanted ? 2_000n * wanted : quota;
        while (left > 0n) {
          const granted = grantSize({ needed: 0n, wanted }, left);
          expect(granted).toBeGreaterThanOrEqual(1n);
          left -= granted;
        }
        expect(left).toBe(0n);
      },
    ),
    { numRuns: 50 },
  );
});
