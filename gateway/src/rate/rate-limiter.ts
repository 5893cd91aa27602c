import type { Clock } from "@geomesh/runtime/clock";
import type { Principal } from "../keys/key-table.ts";
import { LeakyBuckets, type Standing } from "./leaky-buckets.ts";
import { accountLimits, keyLimits } from "./limits-of.ts";

export type { Standing } from "./leaky-buckets.ts";

/** Where a request stands with the rates that apply to it. */
export interface RateDecision {
  /** True where every rate allows it. */
  readonly allowed: boolean;
  readonly key: Standing;
  /** Undefined where the plan sets no rate for the whole account. */
  readonly account: Standing | undefined;
}

/** The request rates of all keys and accounts. */
export interface RateLimiter {
  /** Tells whether one request is allowed, and charges nothing. */
  test(principal: Principal): RateDecision;
  /** Charges one request that `test` allowed. */
  charge(principal: Principal): void;
}

/** What a rate limiter works with. */
export interface RateLimiterDeps {
  readonly clock: Clock;
}

/** Limits of a rate limiter itself. */
export interface RateLimiterOptions {
  /** Keys, and accounts, that may have undrained requests at once; while so many have, others are refused. */
  readonly entriesMax: number;
}

/**
 * Creates a limiter of the requests of each key, and of all keys of an account where its plan says so. A request is tested
 * against both before either is charged. A key's own rate applies within its plan's.
 */
export function createRateLimiter(
  { clock }: RateLimiterDeps,
  { entriesMax }: RateLimiterOptions,
): RateLimiter {
  const keys = new LeakyBuckets(entriesMax);
  const accounts = new LeakyBuckets(entriesMax);

  return {
    test(principal) {
      const monotonicMs = clock.monotonicMs();
      const key = keys.test(principal.key.keyId, keyLimits(principal), monotonicMs);
      const limits = accountLimits(principal);
      const account = limits && accounts.test(principal.account.accountId, limits, monotonicMs);
      return { allowed: key.allowed && (account?.allowed ?? true), key, account };
    },
    charge(principal) {
      const monotonicMs = clock.monotonicMs();
      keys.charge(principal.key.keyId, keyLimits(principal), monotonicMs);
      const limits = accountLimits(principal);
      if (limits) accounts.charge(principal.account.accountId, limits, monotonicMs);
    },
  };
}
