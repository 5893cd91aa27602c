const GROUPS = 8;
/** Of an interface identifier's 128 bits the first 64 are the network's (RFC 4291, section 2.5.1). */
const NETWORK_GROUPS = 4;

/**
 * The network that the limits of a caller without a key count for, by its address in canonical form: an IPv4 address itself,
 * and the /64 of an IPv6 address, as every customer of a provider has at least one (RFC 6177). Any other text as it is.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [before = "", after = ""] = address.split("::");
  const groups = groupsIn(before);
  // What `::` stands for; where there is none, all groups are before it.
  while (groups.length < GROUPS - groupsIn(after).length) groups.push("0");
  return `${groups.concat(groupsIn(after)).slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

const groupsIn = (text: string) => (text === "" ? [] : text.split(":"));
