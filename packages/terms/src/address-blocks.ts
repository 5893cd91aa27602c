import { BlockList, isIP } from "node:net";
import { canonicalAddress } from "./canonical-address.ts";

type Family = "ipv4" | "ipv6";

const MAPPED_BITS = 96;

/**
 * Some blocks of addresses. Each family is by itself: to one list of both, an IPv4 address is also one of `::/0` and of every block with
 * `::ffff:0:0/96`. Blocks of IPv4-mapped addresses alone, as `::ffff:192.0.2.0/120`, are of IPv4.
 */
export class AddressBlocks {
  readonly #lists: Readonly<Record<Family, BlockList>> = {
    ipv4: new BlockList(),
    ipv6: new BlockList(),
  };

  /** Bits after the prefix of a block do not matter. Errors: those of node:net for a text that is no block. */
  constructor(cidrs: readonly string[]) {
    for (const cidr of cidrs) {
      const [given = "", length] = cidr.split("/");
      const bits = Number(length || undefined);
      const mapped = given.includes(":") && bits >= MAPPED_BITS ? canonicalAddress(given) : given;
      const isMapped = mapped !== undefined && isIP(mapped) !== isIP(given);
      const network = isMapped ? mapped : given;
      const family = familyOf(network);
      this.#lists[family].addSubnet(network, isMapped ? bits - MAPPED_BITS : bits, family);
    }
  }

  /** Whether an address, an IPv4-mapped one as IPv4, is in one of them; false for any other text. */
  has(address: string): boolean {
    const family = familyOf(address);
    return isIP(address) !== 0 && this.#lists[family].check(address, family);
  }
}

const familyOf = (address: string): Family => (isIP(address) === 6 ? "ipv6" : "ipv4");
