import { create } from "@bufbuild/protobuf";
import { type Key, KeySchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRestrictions, isRestricted } from "./restrictions.ts";

const SEED = 20_261_130;
const PAGE = "https://app.example";
const requireAllowed = createRestrictions();

/** Why a key refuses a request; undefined where it does not. */
function refusal(key: Key, clientAddress: string, origin?: string): string | undefined {
  try {
    requireAllowed(key, { clientAddress, origin });
    return undefined;
  } catch (error) {
    return (error as { reason: string }).reason;
  }
}

const within = (...allowedCidrs: string[]) => create(KeySchema, { allowedCidrs });
const isWithin = (cidr: string, address: string) => refusal(within(cidr), address) === undefined;

test("a key without blocks and origins is not restricted, and one with either is", () => {
  expect(isRestricted(create(KeySchema))).toBe(false);
  expect(isRestricted(within("192.0.2.0/24"))).toBe(true);
  expect(isRestricted(create(KeySchema, { allowedOrigins: [PAGE] }))).toBe(true);
});

test.each([
  ["192.0.2.0/24", "192.0.2.0", true, "the first"],
  ["192.0.2.0/24", "192.0.2.255", true, "the last"],
  ["192.0.2.0/24", "192.0.3.0", false, "one further"],
  ["192.0.2.0/24", "192.0.1.255", false, "one before"],
  ["192.0.2.128/25", "192.0.2.127", false, "a prefix within a byte"],
  ["192.0.2.128/25", "192.0.2.128", true, "a prefix within a byte"],
  ["192.0.2.1/32", "192.0.2.1", true, "one address"],
  ["192.0.2.1/32", "192.0.2.2", false, "another one"],
  ["0.0.0.0/0", "255.255.255.255", true, "all of IPv4"],
  ["0.0.0.0/0", "2001:db8::1", false, "none of IPv6"],
  ["::/0", "2001:db8::1", true, "all of IPv6"],
  ["2001:db8::/32", "2001:db8:ffff:ffff::1", true, "a prefix at a group"],
  ["2001:db8::/33", "2001:db8:8000::1", false, "a prefix within a group"],
  ["2001:db8::1/128", "2001:db8::1", true, "one address"],
  ["2001:db8::/32", "192.0.2.1", false, "the other family"],
  ["::/0", "192.0.2.1", false, "all of IPv6 is none of IPv4"],
  ["::/64", "192.0.2.1", false, "nor is a block with the IPv4-mapped addresses"],
  ["fe80::/10", "fe80::1", true, "a link-local address, whose zone is gone"],
  ["192.0.2.0/24", "", false, "no address, as at a Unix socket"],
  ["::/0", "fe80::1%eth0", true, "a zone that was left in counts for nothing"],
])("%s and %s: %s (%s)", (cidr, address, allowed) => {
  expect(refusal(within(cidr), address)).toBe(allowed ? undefined : "ADDRESS_FORBIDDEN");
});

test("one of several blocks is enough", () => {
  const key = within("192.0.2.0/24", "2001:db8::/32");
  expect(refusal(key, "192.0.2.9")).toBeUndefined();
  expect(refusal(key, "2001:db8::9")).toBeUndefined();
  expect(refusal(key, "198.51.100.9")).toBe("ADDRESS_FORBIDDEN");
});

test("a block holds the addresses that have its prefix and no others, bit by bit", () => {
  const addresses = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
  const bits = fc.nat(128);
  fc.assert(
    fc.property(addresses, bits, bits, (address, length, flipped) => {
      // The address with one bit turned over: it leaves the block where that bit is of the prefix.
      const other = address ^ (1n << BigInt(127 - Math.min(flipped, 127)));
      const cidr = `${textOf(network(address, length, 128))}/${length}`;
      expect(isWithin(cidr, textOf(address))).toBe(true);
      expect(isWithin(cidr, textOf(other))).toBe(Math.min(flipped, 127) >= length);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("and so it does in IPv4", () => {
  const addresses = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
  fc.assert(
    fc.property(addresses, fc.nat(32), fc.nat(31), (address, length, flipped) => {
      const other = address ^ (1n << BigInt(31 - flipped));
      const cidr = `${dotted(network(address, length, 32))}/${length}`;
      expect(isWithin(cidr, dotted(address))).toBe(true);
      expect(isWithin(cidr, dotted(other))).toBe(flipped >= length);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test.each([
  ["the origin", [PAGE], PAGE, true],
  ["another scheme", [PAGE], "http://app.example", false],
  ["another port", [PAGE], `${PAGE}:8443`, false],
  ["no origin, as programs send", [PAGE], undefined, false],
  ["what pages without an origin send", [PAGE], "null", false],
  ["a subdomain of a pattern", ["https://*.app.example"], "https://a.app.example", true],
  ["at any depth", ["https://*.app.example"], "https://c.b.a.app.example", true],
  ["and its port", ["https://*.app.example:8443"], "https://a.app.example:8443", true],
  ["not without it", ["https://*.app.example:8443"], "https://a.app.example", false],
  ["not the domain itself", ["https://*.app.example"], "https://app.example", false],
  ["nor one that ends so", ["https://*.app.example"], "https://evilapp.example", false],
  ["nor an empty label", ["https://*.app.example"], "https://.app.example", false],
  ["of several origins one", ["https://x.example", PAGE], PAGE, true],
  [
    "too long to be one",
    ["https://*.app.example"],
    `https://${"a.".repeat(150)}app.example`,
    false,
  ],
])("%s", (_what, allowedOrigins, origin, allowed) => {
  const key = create(KeySchema, { allowedOrigins });
  expect(refusal(key, "192.0.2.1", origin)).toBe(allowed ? undefined : "ORIGIN_FORBIDDEN");
});

test("a key that restricts both needs both", () => {
  const key = create(KeySchema, { allowedCidrs: ["192.0.2.0/24"], allowedOrigins: [PAGE] });
  expect(refusal(key, "192.0.2.1", PAGE)).toBeUndefined();
  expect(refusal(key, "198.51.100.1", PAGE)).toBe("ADDRESS_FORBIDDEN");
  expect(refusal(key, "192.0.2.1")).toBe("ORIGIN_FORBIDDEN");
});

function network(address: bigint, length: number, bits: number): bigint {
  const free = BigInt(bits - length);
  return (address >> free) << free;
}

function textOf(address: bigint): string {
  const groups = address.toString(16).padStart(32, "0").match(/.{4}/g) ?? [];
  return groups.join(":");
}

function dotted(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join(".");
}
