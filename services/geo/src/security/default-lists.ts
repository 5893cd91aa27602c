import { type Block, parseCidr } from "../address/cidr.ts";
import { flagBits } from "./flags.ts";
import { hostingSystems } from "./hosting-systems.ts";
import { flagTable, type SecurityLists } from "./security-index.ts";

/** Egress of iCloud Private Relay that is used for nothing else: Akamai's system and block for it. */
const relaySystem = 36183;
const relayBlock = "2a02:26f7::/32";

/**
 * What is known without lists of the operator's. The table of hosting networks and the relay's block are far from
 * complete, so they only ever say true: an address outside them is unknown, not known not to be.
 */
export function defaultLists(): SecurityLists {
  const systems = new Map(hostingSystems.map(([asn]): [number, number] => [asn, flagBits.hosting]));
  systems.set(relaySystem, flagBits.relay);
  return { table: flagTable(defaultBlocks()), systems, isKnown: 0, bySystem: 0 };
}

/** The blocks of the default lists with their flags. */
export function defaultBlocks(): { block: Block; value: number }[] {
  return [{ block: parseCidr(relayBlock) as Block, value: flagBits.relay }];
}
