import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalCidr, cidrCovers } from "./cidr.ts";

test.each([
  ["192.0.2.1", "192.0.2.1/32"],
  ["192.0.2.0/24", "192.0.2.0/24"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:DB8:0:0::1", "2001:db8::1/128"],
  ["2001:db8::/32", "2001:db8::/32"],
  ["::/0", "::/0"],
  ["::ffff:192.0.2.0/120", "192.0.2.0/24"],
  ["::ffff:c000:201", "192.0.2.1/32"],
  ["::192.0.2.1", "::192.0.2.1/128"],
])("%s is the block %s", (text, canonical) => {
  expect(canonicalCidr(text)).toBe(canonical);
  expect(canonicalCidr(canonical)).toBe(canonical);
});

test.each([
  ["192.0.2.1/24", "bits are set after the prefix"],
  ["2001:db8::1/64", "bits are set after the prefix"],
  ["::ffff:0:0/90", "bits are set after the prefix"],
  ["192.0.2.0/33", "too long"],
  ["2001:db8::/129", "too long"],
  ["192.0.2.0/", "no length"],
  ["192.0.2.0/024", "a zero before the length"],
  ["192.0.2.0/-1", "a sign"],
  ["192.0.2.0/24/24", "two lengths"],
  ["192.0.2", "three parts"],
  ["fe80::1%eth0", "a zone"],
  ["example.com", "a name"],
  ["", "nothing"],
])("%s is no block: %s", (text) => {
  expect(canonicalCidr(text)).toBeUndefined();
});

test.each([
  ["10.0.0.0/8", "10.1.0.0/16", true],
  ["10.0.0.0/8", "10.0.0.0/8", true],
  ["10.1.0.0/16", "10.0.0.0/8", false],
  ["10.0.0.0/8", "11.0.0.0/16", false],
  ["2001:db8::/32", "2001:db8:1::/48", true],
  ["2001:db8::/32", "2001:db9::/48", false],
  ["::/0", "10.0.0.0/8", false],
  ["0.0.0.0/0", "2001:db8::/32", false],
])("%s covers %s: %s", (outer, inner, covers) => {
  expect(cidrCovers(outer, inner)).toBe(covers);
});

test("a block that is accepted holds its own network, and covers exactly what it holds", () => {
  const bits = fc.integer({ min: 0, max: 32 });
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), bits, fc.nat(0xffff_ffff), (value, length, other) => {
      const network = length === 0 ? 0 : (value & (0xffff_ffff << (32 - length))) >>> 0;
      const cidr = canonicalCidr(`${dotted(network)}/${length}`);
      expect(cidr).toBe(`${dotted(network)}/${length}`);
      const list = new BlockList();
      list.addSubnet(dotted(network), length);
      expect(cidrCovers(cidr ?? "", `${dotted(other)}/32`)).toBe(list.check(dotted(other)));
      if (value !== network) expect(canonicalCidr(`${dotted(value)}/${length}`)).toBeUndefined();
    }),
    { seed: 11, numRuns: 300 },
  );
});

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}
