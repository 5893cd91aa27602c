import type { RateDecision } from "../rate/rate-limiter.ts";

/** Where an account stands in its month; the times are of the wall clock. */
export interface QuotaStanding {
  readonly limit: bigint;
  readonly remaining: bigint;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
}

const seconds = (ms: number) => Math.max(0, Math.ceil(ms / 1000));

/**
 * Writes `RateLimit-Policy` and `RateLimit` as of draft-ietf-httpapi-ratelimit-headers-10: a quota `q` in a window of `w`
 * seconds, of which `r` is left and all is available again in `t` seconds.
 */
export function limitHeaders(
  rate: RateDecision,
  quota: QuotaStanding | undefined,
  wallMs: number,
): Record<string, string> {
  const policy = `"second";q=${rate.limit};w=${seconds(rate.windowMs)}`;
  const state = `"second";r=${rate.remaining};t=${seconds(rate.resetMs)}`;
  if (quota === undefined) return { "ratelimit-policy": policy, ratelimit: state };
  const windowSeconds = seconds(quota.periodEndMs - quota.periodStartMs);
  const month = `"month";r=${quota.remaining};t=${seconds(quota.periodEndMs - wallMs)}`;
  return {
    "ratelimit-policy": `${policy}, "month";q=${quota.limit};w=${windowSeconds}`,
    ratelimit: `${state}, ${month}`,
  };
}
