import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { RateSchema } from "@geomesh/proto/es/geomesh/common/v1/rate_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRateLimiter } from "./rate-limiter.ts";

type RateInit = MessageInitShape<typeof RateSchema>;

interface RatesInit {
  /** Of the key itself. */
  readonly rate?: RateInit;
  /** Of the account. */
  readonly accountRate?: RateInit;
  readonly accountId?: string;
}

function principal(keyId: string, keyRate: RateInit, init: RatesInit = {}) {
  const { rate, accountRate, accountId = "acct_a" } = init;
  return {
    key: create(KeySchema, { keyId, ...(rate && { rate }) }),
    account: create(AccountSchema, { accountId }),
    plan: create(PlanSchema, { keyRate, ...(accountRate && { accountRate }) }),
  };
}

const seconds = (count: number) => ({ seconds: BigInt(count) });

/** A clock that a test may also move back, and by fractions of a millisecond. */
function movableClock() {
  const clock = { nowMs: 5_000, wallMs: () => clock.nowMs, monotonicMs: () => clock.nowMs };
  return clock;
}

function limiter(entriesMax = 1_000) {
  const clock = movableClock();
  const rateLimiter = createRateLimiter({ clock }, { entriesMax });
  const request = (of: ReturnType<typeof principal>) => {
    const rates = rateLimiter.ratesOf(of);
    const decision = rates.test();
    if (decision.allowed) rates.charge();
    return decision;
  };
  return {
    clock,
    request,
    probe: (of: ReturnType<typeof principal>) => rateLimiter.ratesOf(of).test(),
  };
}

const limits = fc.record({
  requests: fc.integer({ min: 1, max: 1_000 }),
  per: fc.integer({ min: 1, max: 60 }).map(seconds),
  burst: fc.integer({ min: 1, max: 50 }),
});
const spacingOf = ({ requests, per }: { requests: number; per: { seconds: bigint } }) =>
  (1_000 * Number(per.seconds)) / requests;
const gapsMs = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30_000 })), {
  maxLength: 200,
});

test("requests are allowed exactly as the generic cell rate algorithm allows them", () => {
  fc.assert(
    fc.property(limits, gapsMs, (plan, gaps) => {
      const { clock, request } = limiter();
      const spacing = spacingOf(plan);
      let theoreticalArrival = Number.NEGATIVE_INFINITY;
      for (const gap of gaps) {
        clock.nowMs += gap;
        const early = theoreticalArrival - clock.nowMs;
        const tolerance = (plan.burst - 1) * spacing;
        // A tie is decided by rounding, which both may do differently.
        if (Math.abs(early - tolerance) < 1e-6) return;
        const { allowed } = request(principal("key_a", plan));
        expect(allowed).toBe(early <= tolerance);
        if (allowed) theoreticalArrival = Math.max(theoreticalArrival, clock.nowMs) + spacing;
      }
    }),
    { numRuns: 500 },
  );
});

test("a client that waits for retryAfterMs is allowed, and not much sooner", () => {
  fc.assert(
    fc.property(limits, gapsMs, (plan, gaps) => {
      const { clock, probe, request } = limiter();
      const key = principal("key_a", plan);
      for (const gap of gaps) {
        clock.nowMs += gap;
        const { allowed, key: standing } = request(key);
        if (allowed) continue;
        const { retryAfterMs } = standing;
        const refusedAt = clock.nowMs;
        clock.nowMs = refusedAt + retryAfterMs - 1.001;
        expect(probe(key).allowed).toBe(false);
        clock.nowMs = refusedAt + retryAfterMs + 0.001;
        expect(probe(key).allowed).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test("remaining is how many more may be sent at once, resetMs when the whole limit is back", () => {
  const { clock, request } = limiter();
  const key = principal("key_a", { requests: 2, burst: 3 });
  const told = [1, 2, 3, 4].map(() => request(key).key);
  expect(told).toEqual([
    { allowed: true, limit: 3, windowMs: 1_500, remaining: 2, resetMs: 500, retryAfterMs: 0 },
    { allowed: true, limit: 3, windowMs: 1_500, remaining: 1, resetMs: 1_000, retryAfterMs: 0 },
    { allowed: true, limit: 3, windowMs: 1_500, remaining: 0, resetMs: 1_500, retryAfterMs: 0 },
    { allowed: false, limit: 3, windowMs: 1_500, remaining: 0, resetMs: 1_500, retryAfterMs: 500 },
  ]);
  clock.nowMs += 1_500;
  expect(request(key).key.remaining).toBe(2);
});

test("a test charges nothing", () => {
  const { probe } = limiter();
  const key = principal("key_a", { requests: 1, burst: 1 });
  for (let i = 0; i < 10; i++) expect(probe(key).allowed).toBe(true);
});

test.each([
  ["the plan's, where the key has none", {}, 4],
  ["the key's, within the plan's", { rate: { requests: 1, burst: 2 } }, 2],
  ["the key's number of requests, where it states no burst", { rate: { requests: 3 } }, 3],
  ["the plan's, where the key's are beyond", { rate: { requests: 9 } }, 4],
])("limits are %s", (_, key, allowed) => {
  const { request } = limiter();
  const of = principal("key_a", { requests: 1, burst: 4 }, key);
  const outcomes = Array.from({ length: 12 }, () => request(of).allowed);
  expect(outcomes.filter(Boolean)).toHaveLength(allowed);
});

test("a raised plan applies at once, and earlier requests still count", () => {
  const { clock, request } = limiter();
  const small = { requests: 1, burst: 2 };
  for (let i = 0; i < 2; i++) expect(request(principal("key_a", small)).allowed).toBe(true);
  expect(request(principal("key_a", small)).allowed).toBe(false);
  const raised = principal("key_a", { requests: 10, burst: 5 });
  expect(request(raised).key.remaining).toBe(2);
  clock.nowMs += 100;
  expect(request(raised).key.remaining).toBe(2);
});

test("a clock that goes back and forth allows no more than the time that passed", () => {
  const { clock, request } = limiter();
  const key = principal("key_a", { requests: 1, burst: 5 });
  for (let i = 0; i < 4; i++) request(key);
  clock.nowMs -= 10_000;
  expect(request(key).allowed).toBe(true);
  clock.nowMs += 10_000;
  expect(request(key).allowed).toBe(false);
  clock.nowMs += 1_000;
  expect(request(key).allowed).toBe(true);
});

test("a rate may be less than one a second", () => {
  const { clock, request } = limiter();
  const key = principal("key_a", { requests: 30, per: seconds(60), burst: 1 });
  expect(request(key)).toMatchObject({ allowed: true, key: { limit: 1, windowMs: 2_000 } });
  clock.nowMs += 1_999;
  expect(request(key).allowed).toBe(false);
  clock.nowMs += 1;
  expect(request(key).allowed).toBe(true);
});

test("a key's rate is within its plan's, whatever intervals they are stated for", () => {
  const { clock, request } = limiter();
  const rate = { requests: 60, per: seconds(60), burst: 60 };
  const slower = principal("key_a", { requests: 10, burst: 2 }, { rate });
  expect([1, 2, 3].map(() => request(slower).allowed)).toEqual([true, true, false]);
  clock.nowMs += 999;
  expect(request(slower).allowed).toBe(false);
  clock.nowMs += 1;
  expect(request(slower).allowed).toBe(true);
});

test("without an account rate, ten keys of an account get together what one of them gets", () => {
  const { request } = limiter();
  const keys = Array.from({ length: 10 }, (_, i) => principal(`key_${i}`, { requests: 5 }));
  const allowed = keys.flatMap((key) => Array.from({ length: 5 }, () => request(key).allowed));
  expect(allowed.filter(Boolean)).toHaveLength(5);
});

test("all keys of an account share its rate, and keys of another account do not", () => {
  const { request } = limiter();
  const keyRate = { requests: 100 };
  const accountRate = { requests: 3 };
  const of = (keyId: string, accountId: string) =>
    request(principal(keyId, keyRate, { accountRate, accountId }));
  const remaining = ["key_a", "key_b", "key_a"].map((keyId) => of(keyId, "acct_a"));
  expect(remaining.map(({ account }) => account?.remaining)).toEqual([2, 1, 0]);
  expect(of("key_b", "acct_a")).toMatchObject({
    allowed: false,
    key: { allowed: true },
    account: { allowed: false, limit: 3, windowMs: 1_000 },
  });
  expect(of("key_c", "acct_b").allowed).toBe(true);
});

test("a request that one rate refuses is not charged to the other", () => {
  const { clock, request } = limiter();
  const accountRate = { requests: 1, per: seconds(10), burst: 3 };
  const [a, b] = ["key_a", "key_b"].map((keyId) =>
    principal(keyId, { requests: 1, per: seconds(10), burst: 2 }, { accountRate }),
  );
  if (a === undefined || b === undefined) throw new Error("no principals");
  expect([a, a, a, a].map((each) => request(each).allowed)).toEqual([true, true, false, false]);
  // The refusals of the first key left the account its third request.
  expect([b, b].map((each) => request(each).allowed)).toEqual([true, false]);
  clock.nowMs += 10_000;
  // The account has one request again; the second key has two, as its refusal was not charged to it.
  expect(request(b)).toMatchObject({ allowed: true, key: { remaining: 1 } });
});
