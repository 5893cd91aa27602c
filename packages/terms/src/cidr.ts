import { BlockList } from "node:net";
import { canonicalAddress } from "./canonical-address.ts";

/** Why a text is refused as a block of addresses; stands after the name of the field. */
export const BAD_CIDR =
  "must be an IPv4 or IPv6 address, or a block such as 192.0.2.0/24 with no bits set after its prefix";

const LENGTH = /^(?:0|[1-9]\d{0,2})$/;
const MAPPED_BITS = 96;

interface Block {
  readonly network: string;
  readonly family: "ipv4" | "ipv6";
  readonly bits: number;
}

/**
 * The canonical form of an address or a CIDR block, such as `192.0.2.0/24` or `2001:db8::/32`: always with its length, IPv4-mapped
 * blocks as IPv4. Undefined for any other text, and for a block with bits set after its prefix.
 */
export function canonicalCidr(text: string): string | undefined {
  const [given = "", length, ...more] = text.split("/");
  const address = more.length > 0 ? undefined : canonicalAddress(given);
  if (address === undefined || (length !== undefined && !LENGTH.test(length))) return undefined;
  const isIpv6 = address.includes(":");
  const isMapped = !isIpv6 && given.includes(":");
  const bitsMax = isIpv6 ? 128 : 32;
  const bits = length === undefined ? bitsMax : Number(length) - (isMapped ? MAPPED_BITS : 0);
  if (bits < 0 || bits > bitsMax) return undefined;
  const bytes = isIpv6 ? ipv6Bits(address) : ipv4Bits(address);
  return bytes.includes("1", bits) ? undefined : `${address}/${bits}`;
}

/** True where every address of one block is in the other. Both are in canonical form. */
export function cidrCovers(outer: string, inner: string): boolean {
  const [within, asked] = [blockOf(outer), blockOf(inner)];
  if (within.family !== asked.family || within.bits > asked.bits) return false;
  const list = new BlockList();
  list.addSubnet(within.network, within.bits, within.family);
  return list.check(asked.network, asked.family);
}

function blockOf(cidr: string): Block {
  const [network = "", bits] = cidr.split("/");
  return { network, bits: Number(bits), family: network.includes(":") ? "ipv6" : "ipv4" };
}

function ipv4Bits(address: string): string {
  return address
    .split(".")
    .map((part) => binary(Number(part), 8))
    .join("");
}

function ipv6Bits(address: string): string {
  const [head = "", tail] = address.split("::");
  const [before, after] = [groupsBits(head), groupsBits(tail ?? "")];
  return before + "0".repeat(128 - before.length - after.length) + after;
}

/** The last group may be an IPv4 address. */
function groupsBits(groups: string): string {
  if (groups === "") return "";
  const bitsOf = (group: string) =>
    group.includes(".") ? ipv4Bits(group) : binary(Number.parseInt(group, 16), 16);
  return groups.split(":").map(bitsOf).join("");
}

function binary(value: number, length: number): string {
  return value.toString(2).padStart(length, "0");
}
