import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { createRateLimiter } from "./rate-limiter.ts";

/** A limiter with a place for so many keys, and requests of keys that may burst by 1,000 at 1,000 a second. */
function limiter(entriesMax: number) {
  const clock = createTestClock();
  const rates = createRateLimiter({ clock }, { entriesMax });
  const isAllowed = (keyId: string) => {
    const principal = {
      key: create(KeySchema, { keyId }),
      account: create(AccountSchema),
      plan: create(PlanSchema, { ratePerSecond: 1_000, burst: 1_000 }),
    };
    const { allowed } = rates.test(principal);
    if (allowed) rates.charge(principal);
    return allowed;
  };
  return { clock, isAllowed };
}

test("no more keys than the bound are held at once; those that are held go on", () => {
  const { isAllowed } = limiter(3);
  expect(["a", "b", "c", "d", "a"].map(isAllowed)).toEqual([true, true, true, false, true]);
});

test("once requests have drained there is room for other keys, although none of the old ones comes", () => {
  const { clock, isAllowed } = limiter(3);
  for (const keyId of ["a", "b", "c"]) isAllowed(keyId);
  clock.advance(2_000);
  expect(["d", "e", "f", "g"].map(isAllowed)).toEqual([true, true, true, false]);
});

test("a key with a large burst keeps no place for longer than its rate needs", () => {
  const { clock, isAllowed } = limiter(10);
  for (let i = 0; i < 1_000; i++) isAllowed("large");
  for (let i = 0; i < 200; i++) {
    clock.advance(10);
    expect(isAllowed(`key_${i}`)).toBe(true);
  }
});
