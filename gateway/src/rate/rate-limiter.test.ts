import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRateLimiter } from "./rate-limiter.ts";

interface Limits {
  ratePerSecond: number;
  burst: number;
}

const principal = (keyId: string, plan: Limits, key: Partial<Limits> = {}) => ({
  key: create(KeySchema, { keyId, ...key }),
  account: create(AccountSchema),
  plan: create(PlanSchema, plan),
});

/** A clock that a test may also move back, and by fractions of a millisecond. */
function movableClock() {
  const clock = { nowMs: 5_000, wallMs: () => clock.nowMs, monotonicMs: () => clock.nowMs };
  return clock;
}

function limiter(entriesMax = 1_000) {
  const clock = movableClock();
  const rates = createRateLimiter({ clock }, { entriesMax });
  const request = (of: ReturnType<typeof principal>) => {
    const decision = rates.test(of);
    if (decision.allowed) rates.charge(of);
    return decision;
  };
  return { clock, rates, request };
}

const limits = fc.record({
  ratePerSecond: fc.integer({ min: 1, max: 1_000 }),
  burst: fc.integer({ min: 1, max: 50 }),
});
const gapsMs = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })), {
  maxLength: 200,
});

test("requests are allowed exactly as the generic cell rate algorithm allows them", () => {
  fc.assert(
    fc.property(limits, gapsMs, (plan, gaps) => {
      const { clock, request } = limiter();
      const spacing = 1_000 / plan.ratePerSecond;
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
      const { clock, rates, request } = limiter();
      const key = principal("key_a", plan);
      for (const gap of gaps) {
        clock.nowMs += gap;
        const { allowed, retryAfterMs } = request(key);
        if (allowed) continue;
        const refusedAt = clock.nowMs;
        clock.nowMs = refusedAt + retryAfterMs - 1.001;
        expect(rates.test(key).allowed).toBe(false);
        clock.nowMs = refusedAt + retryAfterMs + 0.001;
        expect(rates.test(key).allowed).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test("remaining is how many more may be sent at once, resetMs when the whole limit is back", () => {
  const { clock, request } = limiter();
  const key = principal("key_a", { ratePerSecond: 2, burst: 3 });
  const told = [request(key), request(key), request(key), request(key)];
  expect(told).toEqual([
    { allowed: true, limit: 3, windowMs: 1_500, remaining: 2, resetMs: 500, retryAfterMs: 0 },
    { allowed: true, limit: 3, windowMs: 1_500, remaining: 1, resetMs: 1_000, retryAfterMs: 0 },
    { allowed: true, limit: 3, windowMs: 1_500, remaining: 0, resetMs: 1_500, retryAfterMs: 0 },
    { allowed: false, limit: 3, windowMs: 1_500, remaining: 0, resetMs: 1_500, retryAfterMs: 500 },
  ]);
  clock.nowMs += 1_500;
  expect(request(key).remaining).toBe(2);
});

test("a test charges nothing", () => {
  const { rates } = limiter();
  const key = principal("key_a", { ratePerSecond: 1, burst: 1 });
  for (let i = 0; i < 10; i++) expect(rates.test(key).allowed).toBe(true);
});

test.each([
  ["the plan's, where the key has none", {}, 4],
  ["the key's, within the plan's", { burst: 2 }, 2],
  ["the plan's, where the key's are beyond", { burst: 9 }, 4],
])("limits are %s", (_, key, allowed) => {
  const { request } = limiter();
  const of = principal("key_a", { ratePerSecond: 1, burst: 4 }, key);
  const outcomes = Array.from({ length: 12 }, () => request(of).allowed);
  expect(outcomes.filter(Boolean)).toHaveLength(allowed);
});

test("a raised plan applies at once, and earlier requests still count", () => {
  const { clock, request } = limiter();
  const small = { ratePerSecond: 1, burst: 2 };
  for (let i = 0; i < 2; i++) expect(request(principal("key_a", small)).allowed).toBe(true);
  expect(request(principal("key_a", small)).allowed).toBe(false);
  const raised = principal("key_a", { ratePerSecond: 10, burst: 5 });
  expect(request(raised).remaining).toBe(2);
  clock.nowMs += 100;
  expect(request(raised).remaining).toBe(2);
});

test("a clock that goes back and forth allows no more than the time that passed", () => {
  const { clock, request } = limiter();
  const key = principal("key_a", { ratePerSecond: 1, burst: 5 });
  for (let i = 0; i < 4; i++) request(key);
  clock.nowMs -= 10_000;
  expect(request(key).allowed).toBe(true);
  clock.nowMs += 10_000;
  expect(request(key).allowed).toBe(false);
  clock.nowMs += 1_000;
  expect(request(key).allowed).toBe(true);
});
