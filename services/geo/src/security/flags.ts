import type { Connection, Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";

/** What lists tell of addresses as bits, by the name of their directory. */
export const FLAG_BITS = {
  ...{ vpn: 1, proxy: 2, tor: 4, hosting: 8, relay: 16 },
  ...{ mobile: 32, satellite: 64, anycast: 128 },
} as const;

/** The name of a flag. */
export type FlagName = keyof typeof FLAG_BITS;

/** The flags of `security`. */
export const SECURITY_BITS = 31;

/** The flags of `connection`. */
export const CONNECTION_BITS = 224;

/** Which flags are true, and which ones a source can tell, as bits. */
export interface Flags {
  readonly isTrue: number;
  readonly isKnown: number;
}

const SECURITY_FIELDS: readonly [keyof Security, number][] = [
  ["isVpn", FLAG_BITS.vpn],
  ["isProxy", FLAG_BITS.proxy],
  ["isTor", FLAG_BITS.tor],
  ["isHosting", FLAG_BITS.hosting],
  ["isRelay", FLAG_BITS.relay],
];

const CONNECTION_FIELDS = [
  ["isMobile", FLAG_BITS.mobile],
  ["isSatellite", FLAG_BITS.satellite],
  ["isAnycast", FLAG_BITS.anycast],
] as const;

/** What a relay never is, whatever a list or a dataset says. */
const NEVER_OF_RELAYS = ["isVpn", "isHosting"] as const;

/** Types of connections that datasets name, and the field that says the same. */
const FIELD_OF_TYPE = { cellular: "isMobile", satellite: "isSatellite" } as const;

/** The bits of the security flags that are true. */
export function trueBits(security: Partial<Security>): number {
  return SECURITY_FIELDS.reduce(
    (bits, [field, bit]) => (security[field] === true ? bits | bit : bits),
    0,
  );
}

/**
 * The security flags that are true and those that a source can tell; the others are unknown. What `overrides` has wins. A relay is
 * neither a VPN, because it keeps the rough location of its users, nor hosting, because people are behind it.
 */
export function securityMessage(
  { isTrue, isKnown }: Flags,
  overrides: Partial<Security> = {},
): Partial<Security> {
  const listed: Partial<Security> = {};
  for (const [field, bit] of SECURITY_FIELDS) {
    if ((isTrue & bit) !== 0) listed[field] = true;
    else if ((isKnown & bit) !== 0) listed[field] = false;
  }
  if ((overrides.isRelay ?? listed.isRelay) === true) {
    for (const field of NEVER_OF_RELAYS) listed[field] = false;
  }
  return { ...listed, ...overrides };
}

/**
 * The flags of a connection. One that a list or a record says is true is true. Else it is false where a list counts as complete, where
 * a record says so, and where a record has another type of connection.
 */
export function connectionFlags(
  connection: Partial<Connection>,
  { isTrue, isKnown }: Flags,
): Partial<Connection> {
  const typed = flagsOfType(connection.connectionType);
  const flags: Partial<Connection> = {};
  for (const [field, bit] of CONNECTION_FIELDS) {
    const said = [connection[field], typed[field]];
    if ((isTrue & bit) !== 0 || said.includes(true)) flags[field] = true;
    else if ((isKnown & bit) !== 0 || said.includes(false)) flags[field] = false;
  }
  return flags;
}

function flagsOfType(type: string | undefined): Partial<Connection> {
  if (type === undefined) return {};
  const flags: Partial<Connection> = { isMobile: false, isSatellite: false };
  const kind = type.toLowerCase();
  if (kind === "cellular" || kind === "satellite") flags[FIELD_OF_TYPE[kind]] = true;
  return flags;
}
