import type { Rate } from "@geomesh/proto/es/geomesh/common/v1/rate_pb";
import type { Principal } from "../keys/key-table.ts";
import type { Limits } from "./leaky-buckets.ts";

const INTERVAL_MS_DEFAULT = 1_000;

/** The limits of a key: its own within its plan's, as to both rate and burst. A caller without a key has the plan's. */
export function keyLimits({ key, plan }: Principal): Limits {
  const ofPlan = toLimits(plan.keyRate);
  if (key.rate === undefined) return ofPlan;
  const own = toLimits(key.rate);
  return {
    requestsPerMs: Math.min(own.requestsPerMs, ofPlan.requestsPerMs),
    burst: Math.min(own.burst, ofPlan.burst),
  };
}

/** The limits of all keys of an account together; those of one key where its plan states none. */
export function accountLimits({ plan }: Principal): Limits {
  return toLimits(plan.accountRate ?? plan.keyRate);
}

/**
 * The part of a limit that each of several workers enforces. The rates of all workers add up to the limit's, and so do
 * their bursts at most, except that each allows at least one request at once.
 */
export function shareOf(limits: Limits, workers: number): Limits {
  if (workers === 1) return limits;
  return {
    requestsPerMs: limits.requestsPerMs / workers,
    burst: Math.max(1, Math.floor(limits.burst / workers)),
  };
}

/** An unset interval is a second, an unset burst is `requests`. A rate of nothing, which no contract allows, counts as 1. */
export function toLimits(rate: Rate | undefined): Limits {
  const requests = Math.max(1, rate?.requests ?? 0);
  const intervalMs = rate?.per && Number(rate.per.seconds) * 1000 + rate.per.nanos / 1e6;
  return {
    requestsPerMs: requests / (intervalMs || INTERVAL_MS_DEFAULT),
    burst: rate?.burst || requests,
  };
}
