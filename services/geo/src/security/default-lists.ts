import { type Block, parseCidr } from "../address/cidr.ts";
import { ANYCAST_NETWORKS } from "./anycast-networks.ts";
import { FLAG_BITS, type FlagName } from "./flags.ts";
import { HOSTING_SYSTEMS } from "./hosting-systems.ts";
import { MOBILE_SYSTEMS } from "./mobile-systems.ts";
import { RELAY_NETWORKS, RELAY_SYSTEMS } from "./relay-networks.ts";
import { SATELLITE_SYSTEMS } from "./satellite-systems.ts";
import { type FlaggedBlock, flagSegments, type SecurityLists } from "./security-index.ts";

/** What is built in for one flag. */
export interface DefaultTable {
  readonly flag: FlagName;
  readonly systems: ReadonlyMap<number, string>;
  readonly blocks: readonly { readonly block: Block; readonly note: string }[];
}

const SYSTEMS = [
  [FLAG_BITS.hosting, HOSTING_SYSTEMS],
  [FLAG_BITS.relay, RELAY_SYSTEMS],
  [FLAG_BITS.mobile, MOBILE_SYSTEMS],
  [FLAG_BITS.satellite, SATELLITE_SYSTEMS],
] as const;

const NETWORKS = [
  [FLAG_BITS.relay, RELAY_NETWORKS],
  [FLAG_BITS.anycast, ANYCAST_NETWORKS],
] as const;

/** The lists without any of the operator. None of the tables is complete, so they never make a flag false: it is unknown. */
export function defaultLists(): SecurityLists {
  const systems = new Map(
    SYSTEMS.flatMap(([bit, rows]) => rows.map(([asn]): [number, number] => [asn, bit])),
  );
  return { segments: flagSegments(defaultBlocks()), systems, isKnown: 0, bySystem: 0 };
}

/** The built-in tables by their flag, with what each row says of itself: systems by number, and blocks. */
export function defaultTables(): DefaultTable[] {
  const flags = Object.entries(FLAG_BITS) as [FlagName, number][];
  return flags.map(([flag, bit]) => {
    const systems = SYSTEMS.flatMap(([other, rows]) => (other === bit ? rows : []));
    const networks = NETWORKS.flatMap(([other, rows]) => (other === bit ? rows : []));
    return {
      flag,
      systems: new Map(
        systems.map(([asn, holder, reason]): [number, string] => [asn, `${holder}: ${reason}`]),
      ),
      blocks: networks.map(([block, holder, reason]) => ({
        block: parseCidr(block) as Block,
        note: `${holder}: ${reason}`,
      })),
    };
  });
}

/** The blocks of the default lists with their flags. */
export function defaultBlocks(): FlaggedBlock[] {
  return NETWORKS.flatMap(([value, rows]) =>
    rows.map(([block]) => ({ block: parseCidr(block) as Block, value })),
  );
}
