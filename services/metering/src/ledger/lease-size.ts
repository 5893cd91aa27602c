/** How much of what is left one hard-plan grant may take: the rest is for other gateways. */
const SHARE_OF_REMAINING = 4n;

/**
 * Units that one grant adds to a lease on a hard plan, 0 to `wanted`. It follows demand, and shrinks toward 1 as the
 * quota runs out, so that the last unit is usable.
 */
export function hardGrant(wanted: bigint, remaining: bigint): bigint {
  if (remaining <= 0n) return 0n;
  const share = remaining / SHARE_OF_REMAINING;
  const bounded = share < 1n ? 1n : share;
  return wanted < bounded ? wanted : bounded;
}
