import { expect, test } from "vitest";
import type { Address } from "../address/address.ts";
import { addressFromText } from "../address/parse.ts";
import { specialPurposeAddresses } from "./special-purpose.ts";

const { table, names } = specialPurposeAddresses();

function nameOf(text: string): string | undefined {
  const address = addressFromText(text) as Address;
  return names[table.value(table.find(address), address)];
}

test.each<[string, string | undefined, string]>([
  ["10.1.2.3", "Private-Use", "inside a block"],
  ["172.31.255.255", "Private-Use", "its last address"],
  ["172.32.0.0", undefined, "one past its end"],
  ["100.64.0.1", "Shared Address Space", "carrier NAT"],
  ["0.0.0.0", "This host on this network", "longer prefix inside This network"],
  ["192.0.0.8", "IPv4 dummy address", "longest of nested blocks"],
  ["192.0.0.11", "IETF Protocol Assignments", "between the nested blocks"],
  ["192.0.2.1", "Documentation (TEST-NET-1)", "named as registered"],
  ["239.1.2.3", "Multicast", "from the multicast registry"],
  ["255.255.255.255", "Limited Broadcast", "the last IPv4 address"],
  ["254.0.0.1", "Reserved", "the rest of 240.0.0.0/4"],
  ["8.8.8.8", undefined, "an ordinary address"],
  ["::1", "Loopback Address", "IPv6 loopback"],
  ["::", "Unspecified Address", "IPv6 unspecified"],
  ["::102:304", "Deprecated (IPv4-compatible)", "not unwrapped"],
  ["2002:5102:458e::1", "6to4", "the embedded IPv4 address is only a claim of the sender"],
  ["2001:0:5ef5:79fb::1", "TEREDO", "likewise"],
  ["64:ff9b::5102:458e", "IPv4-IPv6 Translat.", "NAT64 is the translator's address"],
  ["2001:db8::1", "Documentation", "IPv6 documentation"],
  ["fe80::1", "Link-Local Unicast", "link-local"],
  ["ff02::1", "Multicast", "IPv6 multicast"],
  ["2001:218::1", undefined, "an ordinary IPv6 address beside 2001::/23"],
])("%s is %s: %s", (text, name) => {
  expect(nameOf(text)).toBe(name);
});
