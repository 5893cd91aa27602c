/** What is wanted beyond what is needed takes at most 1/4 of what is left; the rest is for other gateways. */
const GRANT_DIVISOR = 4n;

/** Units that are asked for. */
export interface UnitsAsked {
  /** A request waits for these: all or nothing. */
  readonly needed: bigint;
  /** By demand, those that are needed included. */
  readonly wanted: bigint;
}

/**
 * The units that one grant adds to a lease: nothing where less is left than is needed, else what is needed,
 * and more by demand. That shrinks toward 1 as the quota runs out, so that the last unit can be used.
 */
export function grantSize({ needed, wanted }: UnitsAsked, remaining: bigint): bigint {
  if (remaining <= 0n || needed > remaining) return 0n;
  const share = remaining / GRANT_DIVISOR;
  const bounded = share < 1n ? 1n : share;
  const more = wanted < bounded ? wanted : bounded;
  return needed > more ? needed : more;
}
