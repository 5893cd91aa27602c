import { isIP, SocketAddress } from "node:net";

/** Why a text is refused as an address; stands after the name of the field. */
export const BAD_ADDRESS = "must be an IPv4 address of four decimal parts or an IPv6 address";

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The canonical form (RFC 5952). Undefined for text that is no address, or has a zone, which means nothing on another host. */
export function canonicalAddress(address: string): string | undefined {
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return undefined;
  return version === 4 ? address : unmapped(new SocketAddress({ address, family: "ipv6" }).address);
}

/** The IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2); any other text as it is. */
export function unmapped(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}
