import type { Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";

/** The security flags as bits, by the name of their list directory. */
export const flagBits = { vpn: 1, proxy: 2, tor: 4, hosting: 8, relay: 16 } as const;

export type FlagName = keyof typeof flagBits;

const fields: readonly [keyof Security, number][] = [
  ["isVpn", flagBits.vpn],
  ["isProxy", flagBits.proxy],
  ["isTor", flagBits.tor],
  ["isHosting", flagBits.hosting],
  ["isRelay", flagBits.relay],
];

/** The bits of the flags that are true. */
export function trueBits(security: Partial<Security>): number {
  return fields.reduce((bits, [field, bit]) => (security[field] === true ? bits | bit : bits), 0);
}

/** A message from the flags that are true and those that a source could tell. */
export function securityMessage(bits: { isTrue: number; isKnown: number }): Partial<Security> {
  const message: Partial<Security> = {};
  for (const [field, bit] of fields) {
    if ((bits.isTrue & bit) !== 0) message[field] = true;
    else if ((bits.isKnown & bit) !== 0) message[field] = false;
  }
  return message;
}

/** A relay keeps the user's rough location and is not a VPN exit, whatever else lists it. */
export function settle(isTrue: number): number {
  return (isTrue & flagBits.relay) !== 0 ? isTrue & ~flagBits.vpn : isTrue;
}
