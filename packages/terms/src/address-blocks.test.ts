import { expect, test } from "vitest";
import { AddressBlocks } from "./address-blocks.ts";

test.each([
  ["192.0.2.0/24", "192.0.2.255", true],
  ["192.0.2.0/24", "192.0.3.0", false],
  ["192.0.2.77/24", "192.0.2.1", true],
  ["0.0.0.0/0", "2001:db8::1", false],
  ["::/0", "2001:db8::1", true],
  ["::/0", "192.0.2.1", false],
  ["::/64", "192.0.2.1", false],
  ["::ffff:0:0/95", "192.0.2.1", false],
  ["::ffff:0:0/96", "192.0.2.1", true],
  ["::ffff:0:0/96", "2001:db8::1", false],
  ["::ffff:192.0.2.0/120", "192.0.2.9", true],
  ["::FFFF:c000:200/120", "192.0.2.9", true],
  ["::ffff:192.0.2.0/120", "192.0.3.9", false],
  ["2001:db8::/96", "2001:db8::1", true],
  ["::/0", "", false],
  ["::/0", "localhost", false],
])("%s has %s: %s", (cidr, address, isIn) => {
  expect(new AddressBlocks([cidr]).has(address)).toBe(isIn);
});

test("one of several blocks is enough, and no block has anything", () => {
  const blocks = new AddressBlocks(["192.0.2.0/24", "2001:db8::/32"]);
  expect(blocks.has("192.0.2.9")).toBe(true);
  expect(blocks.has("2001:db8::9")).toBe(true);
  expect(new AddressBlocks([]).has("192.0.2.9")).toBe(false);
});

test.each(["192.0.2.0/33", "192.0.2.0/", "192.0.2.0", "localhost/8", "2001:db8::/129"])(
  "%s is no block",
  (cidr) => {
    expect(() => new AddressBlocks([cidr])).toThrow();
  },
);
