import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressFromText } from "./parse.ts";
import { formatAddress } from "./write.ts";

const canonical = (text: string) => {
  const address = addressFromText(text);
  return address && formatAddress(address);
};

test.each([
  ["81.2.69.142", "81.2.69.142", "plain IPv4"],
  ["0.0.0.0", "0.0.0.0", "the first address"],
  ["255.255.255.255", "255.255.255.255", "the last address, whose word has the sign bit set"],
  ["2001:218::1", "2001:218::1", "already canonical"],
  ["2001:0DB8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1", "RFC 5952 4.1 and 4.3"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "RFC 5952 4.2.2: one zero group stays"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1", "RFC 5952 4.2.3: the longest run"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "RFC 5952 4.2.3: of equal runs the first"],
  ["::", "::", "all zero"],
  ["1::", "1::", "a run at the end"],
  ["::ffff:1.2.3.4", "1.2.3.4", "IPv4-mapped unwraps"],
  ["::FFFF:102:304", "1.2.3.4", "IPv4-mapped in hexadecimal unwraps"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221", "an embedded IPv4 tail is not unwrapped"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", "a run of one group is written out"],
])("%s is %s: %s", (text, expected) => {
  expect(canonical(text)).toBe(expected);
});

test.each([
  ["081.2.69.142", "leading zero"],
  ["1.2.3", "partial form"],
  ["1.2.3.4.5", "a part too many"],
  ["16909060", "one number"],
  ["0x7f.0.0.1", "hexadecimal part"],
  ["256.1.1.1", "part above 255"],
  ["1.2.3.4:80", "port"],
  ["1.2.3.4/32", "CIDR"],
  ["2001:db8::/32", "CIDR"],
  ["::1%eth0", "zone id"],
  ["[::1]", "brackets"],
  [" 1.2.3.4", "leading space"],
  ["1.2.3.4\n", "trailing line feed"],
  ["1:2:3:4:5:6:7", "seven groups"],
  ["1:2:3:4:5:6:7:8:9", "nine groups"],
  ["1::2::3", "two gaps"],
  ["1:2:3:4:5:6:7:8::", "a gap for no group"],
  ["12345::", "a group of five digits"],
  [":1:2:3:4:5:6:7", "a leading colon"],
  ["1:2:3:4:5:6:7:", "a trailing colon"],
  ["::1.2.3", "a partial IPv4 tail"],
  ["1.2.3.4::", "an IPv4 head"],
  ["１.2.3.4", "a full-width digit"],
  ["", "nothing"],
])("%j is refused: %s", (text) => {
  expect(addressFromText(text)).toBeUndefined();
});

const addressLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(":", "::", ".", "0", "00", "255", "256", "ffff", "::ffff:", "%1", "/8", " "),
      fc.integer({ min: 0, max: 70000 }).map((n) => n.toString(16)),
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.constantFrom("1.2.3.4", "2001:db8::1", "[", "]", "g", "\u0661"),
    ),
    { maxLength: 17 },
  )
  .map((parts) => parts.join(""));

test("any text is accepted exactly when the platform's parser takes it and it has no zone id", () => {
  fc.assert(
    fc.property(fc.oneof(addressLike, fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      const strict = isIP(text) !== 0 && !text.includes("%");
      expect(addressFromText(text) !== undefined).toBe(strict);
    }),
    { numRuns: 20_000 },
  );
});

test("the canonical text of any address is what the URL standard's serializer writes", () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/;
      const expected = new URL(`http://[${text}]/`).hostname.slice(1, -1);
      fc.pre(!mapped.test(expected));
      expect(canonical(text)).toBe(expected);
    }),
    { numRuns: 5_000 },
  );
});
