import type { Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";

/** The security flags as bits, by the name of their directory of lists. */
export const FLAG_BITS = { vpn: 1, proxy: 2, tor: 4, hosting: 8, relay: 16 } as const;

/** The name of a security flag. */
export type FlagName = keyof typeof FLAG_BITS;

const FIELDS: readonly [keyof Security, number][] = [
  ["isVpn", FLAG_BITS.vpn],
  ["isProxy", FLAG_BITS.proxy],
  ["isTor", FLAG_BITS.tor],
  ["isHosting", FLAG_BITS.hosting],
  ["isRelay", FLAG_BITS.relay],
];

/** The bits of the flags that are true. */
export function trueBits(security: Partial<Security>): number {
  return FIELDS.reduce((bits, [field, bit]) => (security[field] === true ? bits | bit : bits), 0);
}

/** The message of the flags that are true and those that a source can tell; the others are unknown. */
export function securityMessage(bits: { isTrue: number; isKnown: number }): Partial<Security> {
  const message: Partial<Security> = {};
  for (const [field, bit] of FIELDS) {
    if ((bits.isTrue & bit) !== 0) message[field] = true;
    else if ((bits.isKnown & bit) !== 0) message[field] = false;
  }
  return message;
}

/** The flags with the rule that a relay is never a VPN: it keeps the rough location of its users. */
export function settle(isTrue: number): number {
  return (isTrue & FLAG_BITS.relay) !== 0 ? isTrue & ~FLAG_BITS.vpn : isTrue;
}
