import { expect, test } from "vitest";
import { auditedAddress } from "./audit-address.ts";

test.each([
  ["192.0.2.77", "192.0.2.0/24"],
  ["::ffff:192.0.2.77", "192.0.2.0/24"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
  ["2001:db8::6", "2001:db8::/48"],
  ["2001:0:0:4::1", "2001::/48"],
  ["1:2:3::", "1:2:3::/48"],
  ["::1", "::/48"],
  ["::", "::/48"],
  ["::5:6:7:8", "::/48"],
  ["", ""],
  ["nonsense", ""],
  ["fe80::1%eth0", ""],
])("%j shortened is %j, and whole where all is wanted", (address, shortened) => {
  expect(auditedAddress(address, "shortened")).toBe(shortened);
  expect(auditedAddress(address, "full")).toBe(address);
  expect(auditedAddress(address, "none")).toBe("");
});
