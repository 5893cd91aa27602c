import { type Block, parseCidr } from "../address/cidr.ts";
import { FLAG_BITS } from "./flags.ts";
import { HOSTING_SYSTEMS } from "./hosting-systems.ts";
import { type FlaggedBlock, flagSegments, type SecurityLists } from "./security-index.ts";

/** Akamai's system and block that serve nothing but the egress of iCloud Private Relay. */
const RELAY_SYSTEM = 36183;
const RELAY_BLOCK = "2a02:26f7::/32";

/**
 * The lists without any of the operator. The table of hosting networks and the block of the relay are far from complete,
 * so they never make a flag false: outside of them it is unknown.
 */
export function defaultLists(): SecurityLists {
  const systems = new Map(
    HOSTING_SYSTEMS.map(([asn]): [number, number] => [asn, FLAG_BITS.hosting]),
  );
  systems.set(RELAY_SYSTEM, FLAG_BITS.relay);
  return { segments: flagSegments(defaultBlocks()), systems, isKnown: 0, bySystem: 0 };
}

/** The blocks of the default lists with their flags. */
export function defaultBlocks(): FlaggedBlock[] {
  return [{ block: parseCidr(RELAY_BLOCK) as Block, value: FLAG_BITS.relay }];
}
