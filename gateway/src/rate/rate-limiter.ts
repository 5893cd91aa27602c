import type { Principal } from "../keys/key-table.ts";

/** Where a key stands with its rate. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Requests that may be sent at once. */
  readonly limit: number;
  /** Requests that may still be sent at once after this one. */
  readonly remaining: number;
  /** Until all of the limit is back. */
  readonly resetMs: number;
  /** Until one request is allowed; 0 when it is. */
  readonly retryAfterMs: number;
}

export interface RateLimiter {
  /** Charges nothing. */
  test(principal: Principal): RateDecision;
  /** Charges one request that `test` allowed. */
  charge(principal: Principal): void;
}

/** Requests that were charged and have not drained yet, as of a moment. */
interface Bucket {
  level: number;
  at: number;
}

interface Limits {
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateLimiterOptions {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Keys that may have requests charged at once; beyond, further keys are refused. */
  readonly entriesMax: number;
}

/**
 * Limits requests of each key by a leaky bucket: requests fill it, time drains it at the key's rate, and its size is the
 * burst. That is the generic cell rate algorithm counted in requests, so that a change of the plan takes effect at once.
 * A key's own limits apply within its plan's. A key whose bucket is empty takes no memory.
 */
export function createRateLimiter({ now, entriesMax }: RateLimiterOptions): RateLimiter {
  const buckets = new Map<string, Bucket>();

  function levelOf(bucket: Bucket | undefined, { perSecond }: Limits, at: number): number {
    if (bucket === undefined) return 0;
    const drained = (Math.max(0, at - bucket.at) * perSecond) / 1000;
    return Math.max(0, bucket.level - drained);
  }

  /** The Map keeps the order of use: looking at the two oldest for each charge keeps up with any growth. */
  function forgetDrained(at: number): void {
    let looked = 0;
    for (const [keyId, bucket] of buckets) {
      // The slowest rate is one a second, so a bucket this old is empty whatever the key's rate is.
      if (at - bucket.at < bucket.level * 1000) return;
      buckets.delete(keyId);
      if (++looked === 2) return;
    }
  }

  return {
    test(principal) {
      const limits = limitsOf(principal);
      const { perSecond, burst } = limits;
      const bucket = buckets.get(principal.key.keyId);
      const level = levelOf(bucket, limits, now());
      const hasRoom = bucket !== undefined || buckets.size < entriesMax;
      const allowed = hasRoom && level + 1 <= burst;
      return {
        allowed,
        limit: burst,
        remaining: allowed ? Math.floor(burst - level - 1) : 0,
        resetMs: ((level + (allowed ? 1 : 0)) * 1000) / perSecond,
        retryAfterMs: allowed ? 0 : Math.max(1, ((level + 1 - burst) * 1000) / perSecond),
      };
    },
    charge(principal) {
      const { keyId } = principal.key;
      const at = now();
      const level = levelOf(buckets.get(keyId), limitsOf(principal), at) + 1;
      buckets.delete(keyId);
      buckets.set(keyId, { level, at });
      forgetDrained(at);
    },
  };
}

function limitsOf({ key, plan }: Principal): Limits {
  return {
    perSecond: Math.max(1, Math.min(key.ratePerSecond ?? plan.ratePerSecond, plan.ratePerSecond)),
    burst: Math.max(1, Math.min(key.burst ?? plan.burst, plan.burst)),
  };
}
