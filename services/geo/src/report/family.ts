/** The address families. */
export const FAMILIES = ["ipv4", "ipv6"] as const;

/** An address family. */
export type Family = (typeof FAMILIES)[number];

const UNIT_BITS = { ipv4: 32, ipv6: 48 } as const;

/** How many units a network has: addresses of IPv4, and networks of IPv6 with a prefix of 48 bits, of which it may be a part. */
export function unitsOf(family: Family, prefixLength: number): number {
  return 2 ** (UNIT_BITS[family] - prefixLength);
}
