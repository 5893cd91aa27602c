import type { RateDecision, Standing } from "../rate/rate-limiter.ts";

/** Where an account stands in its month; the times are of the wall clock. */
export interface QuotaStanding {
  readonly limit: bigint;
  readonly remaining: bigint;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
}

const seconds = (ms: number) => Math.max(0, Math.ceil(ms / 1000));

/**
 * Writes `RateLimit-Policy` and `RateLimit` as of draft-ietf-httpapi-ratelimit-headers-10, for the policies `key`, `account`
 * and `month`: a quota `q` in a window of `w` seconds, of which `r` is left and all is available again in `t` seconds.
 */
export function limitHeaders(
  { key, account }: RateDecision,
  quota: QuotaStanding | undefined,
  wallMs: number,
): Record<string, string> {
  let policy = `${policyOf("key", key)}, ${policyOf("account", account)}`;
  let state = `${stateOf("key", key)}, ${stateOf("account", account)}`;
  if (quota !== undefined) {
    const windowSeconds = seconds(quota.periodEndMs - quota.periodStartMs);
    policy += `, "month";q=${quota.limit};w=${windowSeconds}`;
    state += `, "month";r=${quota.remaining};t=${seconds(quota.periodEndMs - wallMs)}`;
  }
  return { "ratelimit-policy": policy, ratelimit: state };
}

function policyOf(name: string, { limit, windowMs }: Standing): string {
  return `"${name}";q=${limit};w=${seconds(windowMs)}`;
}

function stateOf(name: string, { remaining, resetMs }: Standing): string {
  return `"${name}";r=${remaining};t=${seconds(resetMs)}`;
}
