import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import type { Principal } from "../keys/key-table.ts";
import { anonymousForTest } from "../operations/testing/principal.ts";
import { createRateLimiter } from "./rate-limiter.ts";

/** A limiter for so many keys, and requests of keys that may send 1,000 at once and 1,000 a second. */
function limiter(entriesMax: number, networksMax = entriesMax) {
  const clock = createTestClock();
  const rateLimiter = createRateLimiter({ clock }, { entriesMax, networksMax });
  const isAllowed = (keyId: string) =>
    allows({
      key: create(KeySchema, { keyId }),
      account: create(AccountSchema),
      plan: create(PlanSchema, { keyRate: { requests: 1_000 } }),
    });
  const isNetworkAllowed = (network: string) => allows(anonymousForTest(network));
  const allows = (principal: Principal) => {
    const rates = rateLimiter.ratesOf(principal);
    const { allowed } = rates.test();
    if (allowed) rates.charge();
    return allowed;
  };
  return { clock, isAllowed, isNetworkAllowed };
}

test("up to entriesMax keys are held at once; held keys stay allowed", () => {
  const { isAllowed } = limiter(3);
  expect(["a", "b", "c", "d", "a"].map(isAllowed)).toEqual([true, true, true, false, true]);
});

test("drained keys make room for others, even if they send nothing", () => {
  const { clock, isAllowed } = limiter(3);
  for (const keyId of ["a", "b", "c"]) isAllowed(keyId);
  clock.advance(2_000);
  expect(["d", "e", "f", "g"].map(isAllowed)).toEqual([true, true, true, false]);
});

test("a key with a large burst takes memory only until its bucket has drained", () => {
  const { clock, isAllowed } = limiter(10);
  for (let i = 0; i < 1_000; i++) isAllowed("large");
  for (let i = 0; i < 200; i++) {
    clock.advance(10);
    expect(isAllowed(`key_${i}`)).toBe(true);
  }
});

test("up to networksMax networks are held at once, and however many there are, keys and accounts stay allowed", () => {
  const { clock, isAllowed, isNetworkAllowed } = limiter(3, 2);
  const networks = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"];
  expect(networks.map(isNetworkAllowed)).toEqual([true, true, false, true]);
  expect(["a", "b", "c", "d"].map(isAllowed)).toEqual([true, true, true, false]);
  clock.advance(2_000);
  expect(isNetworkAllowed("192.0.2.3")).toBe(true);
});
