import { canonicalAddress } from "@geomesh/terms/canonical-address";
import fc from "fast-check";
import { expect, test } from "vitest";
import { networkOf } from "./network-of.ts";

test.each([
  { why: "an IPv4 address whole", address: "192.0.2.7", network: "192.0.2.7" },
  { why: "the /64 of an IPv6 address", address: "2001:db8:1:2:3:4:5:6", network: "2001:db8:1:2" },
  { why: "what `::` stands for in it", address: "2001:db8::5:6", network: "2001:db8:0:0" },
  { why: "`::` in its host part", address: "2001:db8:1:2::", network: "2001:db8:1:2" },
  { why: "`::` across the middle", address: "2001:db8:1::3:4:5:6", network: "2001:db8:1:0" },
  { why: "an address that begins with `::`", address: "::1", network: "0:0:0:0" },
  { why: "the unspecified address", address: "::", network: "0:0:0:0" },
])("the network of an address: $why", ({ address, network }) => {
  expect(networkOf(address)).toBe(address.includes(":") ? `${network}::/64` : network);
});

test("a connection without an address, which has gone, has a network all the same", () => {
  expect(networkOf("")).toBe("");
});

const half = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 4,
  maxLength: 4,
});
const canonical = (groups: readonly number[]) =>
  canonicalAddress(groups.map((group) => group.toString(16)).join(":")) ?? "";

test("IPv6 addresses have one network exactly where their first 64 bits are the same", () => {
  fc.assert(
    fc.property(half, half, half, half, (a, b, hostA, hostB) => {
      const [first, second] = [canonical([...a, ...hostA]), canonical([...a, ...hostB])];
      fc.pre(first.includes(":") && second.includes(":"));
      expect(networkOf(first)).toBe(networkOf(second));
      const third = canonical([...b, ...hostA]);
      expect(networkOf(first) === networkOf(third)).toBe(`${a}` === `${b}`);
    }),
  );
});
