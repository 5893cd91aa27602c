import type { Principal } from "../keys/key-table.ts";

/** Where a key stands with its rate. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Requests that may be sent at once. */
  readonly limit: number;
  /** Requests that may still be sent at once after this one. */
  readonly remaining: number;
  /** In which the key's rate brings all of the limit back. */
  readonly windowMs: number;
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
  readonly level: number;
  readonly at: number;
  /** When all will have drained, at the rate of that moment. */
  readonly emptyAt: number;
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
  let sweep = buckets.entries();

  function levelOf(bucket: Bucket | undefined, { perSecond }: Limits, at: number): number {
    if (bucket === undefined) return 0;
    const drained = (Math.max(0, at - bucket.at) * perSecond) / 1000;
    return Math.max(0, bucket.level - drained);
  }

  function nextOfSweep(): [string, Bucket] | undefined {
    const next = sweep.next();
    if (!next.done) return next.value;
    sweep = buckets.entries();
    return sweep.next().value;
  }

  /** Goes round all buckets, two at a time: with one new bucket for each call at most, that keeps up with any growth. */
  function forgetDrained(at: number): void {
    for (let looked = 0; looked < 2; looked++) {
      const [keyId, bucket] = nextOfSweep() ?? [];
      if (keyId !== undefined && bucket !== undefined && bucket.emptyAt <= at)
        buckets.delete(keyId);
    }
  }

  return {
    test(principal) {
      const limits = limitsOf(principal);
      const { perSecond, burst } = limits;
      const bucket = buckets.get(principal.key.keyId);
      const at = now();
      const level = levelOf(bucket, limits, at);
      if (bucket === undefined && buckets.size >= entriesMax) forgetDrained(at);
      const hasRoom = bucket !== undefined || buckets.size < entriesMax;
      const allowed = hasRoom && level + 1 <= burst;
      return {
        allowed,
        limit: burst,
        windowMs: (burst * 1000) / perSecond,
        remaining: allowed ? Math.floor(burst - level - 1) : 0,
        resetMs: ((level + (allowed ? 1 : 0)) * 1000) / perSecond,
        retryAfterMs: allowed ? 0 : Math.max(1, ((level + 1 - burst) * 1000) / perSecond),
      };
    },
    charge(principal) {
      const { keyId } = principal.key;
      const bucket = buckets.get(keyId);
      const limits = limitsOf(principal);
      // A clock that went back must not let the same time drain twice.
      const at = Math.max(now(), bucket?.at ?? Number.NEGATIVE_INFINITY);
      const level = levelOf(bucket, limits, at) + 1;
      buckets.set(keyId, { level, at, emptyAt: at + (level * 1000) / limits.perSecond });
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
