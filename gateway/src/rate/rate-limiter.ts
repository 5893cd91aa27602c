import type { Clock } from "@geomesh/runtime/clock";
import type { Principal } from "../keys/key-table.ts";

/** Where a key stands with its rate. Times are in milliseconds. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Requests that may be sent at once. */
  readonly limit: number;
  /** Requests that may still be sent at once after this one. */
  readonly remaining: number;
  /** Time in which the key's rate restores the whole limit. */
  readonly windowMs: number;
  /** Time until the whole limit is available again. */
  readonly resetMs: number;
  /** Time until one request is allowed; 0 when it is. */
  readonly retryAfterMs: number;
}

/** The request rates of all keys. */
export interface RateLimiter {
  /** Tells whether one request is allowed, and charges nothing. */
  test(principal: Principal): RateDecision;
  /** Charges one request that `test` allowed. */
  charge(principal: Principal): void;
}

/** Requests that were charged and have not drained yet, as of a moment of the monotonic clock. */
interface Bucket {
  readonly level: number;
  readonly atMs: number;
  /** When all will have drained, at the rate of that moment. */
  readonly emptyAtMs: number;
}

interface Limits {
  readonly perSecond: number;
  readonly burst: number;
}

/** What a rate limiter works with. */
export interface RateLimiterDeps {
  readonly clock: Clock;
}

/** Limits of a rate limiter itself. */
export interface RateLimiterOptions {
  /** Keys that may have undrained requests at once; while so many have, other keys are refused. */
  readonly entriesMax: number;
}

/**
 * Creates a limiter of each key's requests by a leaky bucket: requests fill it, time drains it at the key's rate, and its
 * size is the burst. That is the generic cell rate algorithm counted in requests, so that a change of the plan takes
 * effect at once. A key's own limits apply within its plan's. A key whose bucket is empty takes no memory.
 */
export function createRateLimiter(
  { clock }: RateLimiterDeps,
  { entriesMax }: RateLimiterOptions,
): RateLimiter {
  const buckets = new Map<string, Bucket>();
  let sweep = buckets.entries();

  function levelOf(bucket: Bucket | undefined, { perSecond }: Limits, monotonicMs: number): number {
    if (bucket === undefined) return 0;
    const drained = (Math.max(0, monotonicMs - bucket.atMs) * perSecond) / 1000;
    return Math.max(0, bucket.level - drained);
  }

  function nextOfSweep(): [string, Bucket] | undefined {
    const next = sweep.next();
    if (!next.done) return next.value;
    sweep = buckets.entries();
    return sweep.next().value;
  }

  /** Looks at two buckets of the round over all: as each call adds at most one, that keeps up with any growth. */
  function forgetDrained(monotonicMs: number): void {
    for (let looked = 0; looked < 2; looked++) {
      const [keyId, bucket] = nextOfSweep() ?? [];
      if (keyId === undefined || bucket === undefined) continue;
      if (bucket.emptyAtMs <= monotonicMs) buckets.delete(keyId);
    }
  }

  return {
    test(principal) {
      const limits = limitsOf(principal);
      const { perSecond, burst } = limits;
      const bucket = buckets.get(principal.key.keyId);
      const monotonicMs = clock.monotonicMs();
      const level = levelOf(bucket, limits, monotonicMs);
      if (bucket === undefined && buckets.size >= entriesMax) forgetDrained(monotonicMs);
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
      const atMs = Math.max(clock.monotonicMs(), bucket?.atMs ?? Number.NEGATIVE_INFINITY);
      const level = levelOf(bucket, limits, atMs) + 1;
      buckets.set(keyId, { level, atMs, emptyAtMs: atMs + (level * 1000) / limits.perSecond });
      forgetDrained(atMs);
    },
  };
}

function limitsOf({ key, plan }: Principal): Limits {
  return {
    perSecond: Math.max(1, Math.min(key.ratePerSecond ?? plan.ratePerSecond, plan.ratePerSecond)),
    burst: Math.max(1, Math.min(key.burst ?? plan.burst, plan.burst)),
  };
}
