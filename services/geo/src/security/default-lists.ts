import { type Block, parseCidr } from "../address/cidr.ts";
import { FLAG_BITS } from "./flags.ts";
import { HOSTING_SYSTEMS } from "./hosting-systems.ts";
import { flagTable, type SecurityLists } from "./security-index.ts";

/** Egress of iCloud Private Relay that is used for nothing else: Akamai's system and block for it. */
const RELAY_SYSTEM = 36183;
const RELAY_BLOCK = "2a02:26f7::/32";

/**
 * What is known without lists of the operator's. The table of hosting networks and the relay's block are far from
 * complete, so they only ever say true: an address outside them is unknown, not known not to be.
 */
export function defaultLists(): SecurityLists {
  const systems = new Map(
    HOSTING_SYSTEMS.map(([asn]): [number, number] => [asn, FLAG_BITS.hosting]),
  );
  systems.set(RELAY_SYSTEM, FLAG_BITS.relay);
  return { table: flagTable(defaultBlocks()), systems, isKnown: 0, bySystem: 0 };
}

/** The blocks of the default lists with their flags. */
export function defaultBlocks(): { block: Block; value: number }[] {
  return [{ block: parseCidr(RELAY_BLOCK) as Block, value: FLAG_BITS.relay }];
}
