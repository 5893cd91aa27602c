/** One grant takes at most 1/4 of what is left; the rest is for other gateways. */
const GRANT_DIVISOR = 4n;

/**
 * The units that one grant adds to a lease on a hard plan, 0 to `wanted`. They follow demand and shrink toward 1 as the
 * quota runs out, so that the last unit can be used.
 */
export function hardGrant(wanted: bigint, remaining: bigint): bigint {
  if (remaining <= 0n) return 0n;
  const share = remaining / GRANT_DIVISOR;
  const bounded = share < 1n ? 1n : share;
  return wanted < bounded ? wanted : bounded;
}
