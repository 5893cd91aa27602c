import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shareOf } from "./limits-of.ts";
import { createRateLimiter } from "./rate-limiter.ts";

const workers = fc.integer({ min: 1, max: 64 });
const limits = fc.record({
  requestsPerMs: fc.double({ min: 1e-6, max: 1_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 100_000 }),
});

test("the rates of all workers add up to the limit, and their bursts to no more, but one each", () => {
  fc.assert(
    fc.property(limits, workers, (limit, count) => {
      const share = shareOf(limit, count);
      expect(share.requestsPerMs * count).toBeCloseTo(limit.requestsPerMs, 9);
      expect(share.burst).toBeGreaterThanOrEqual(1);
      expect(share.burst * count).toBeLessThanOrEqual(Math.max(limit.burst, count));
      expect((share.burst + 1) * count).toBeGreaterThan(limit.burst);
    }),
  );
});

/** Workers that are asked in turn by one key, every millisecond, as often as they can answer. */
function allowedIn(ms: number, count: number, rate: { requests: number; burst: number }): number {
  const clock = createTestClock();
  const principal = {
    key: create(KeySchema, { keyId: "key_a" }),
    account: create(AccountSchema, { accountId: "acct_a" }),
    plan: create(PlanSchema, { keyRate: rate, accountRate: rate }),
  };
  const limiters = Array.from({ length: count }, () =>
    createRateLimiter({ clock }, { entriesMax: 10, workers: count }),
  );
  let allowed = 0;
  for (let n = 0; n < ms; n++) {
    for (const limiter of limiters) {
      const rates = limiter.ratesOf(principal);
      while (rates.test().allowed) {
        rates.charge();
        allowed += 1;
      }
    }
    clock.advance(1);
  }
  return allowed;
}

test.each([1, 2, 3, 8])("%i workers in all allow the limit of one over five seconds", (count) => {
  const rate = { requests: 100, burst: 24 };
  const limit = 5 * rate.requests + rate.burst;
  const allowed = allowedIn(5_000, count, rate);
  expect(allowed).toBeLessThanOrEqual(limit);
  // Each worker may have a part of a request left.
  expect(allowed).toBeGreaterThanOrEqual(limit - 1 - count);
});
