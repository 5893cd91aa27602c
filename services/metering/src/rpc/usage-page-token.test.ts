import { ANY_CHARACTER } from "@geomesh/testing/any-character";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePageToken, digestOf, encodePageToken } from "./usage-page-token.ts";

const digest = digestOf(["acct_a"]);
const identifier = fc.oneof(
  fc.constant(""),
  fc
    .string({ unit: "binary-ascii", minLength: 1, maxLength: 64 })
    .filter((text) => /^[!-~]+$/.test(text)),
);
const start = fc.record({
  startMs: fc.nat(),
  endMs: fc.nat(),
  after: fc.record({
    interval: fc.constantFrom("2026-03-15 00:00:00", "1970-01-01 05:30:00"),
    accountId: identifier,
    keyId: identifier,
    operation: identifier,
    status: fc.nat(599),
    mode: fc.constantFrom("", "LIVE", "TEST"),
  }),
});

test("a token tells its own question what it was made of, and no other", () => {
  fc.assert(
    fc.property(start, (made) => {
      const token = encodePageToken(digest, made);
      expect(decodePageToken(digest, token)).toEqual(made);
      expect(token.length).toBeLessThanOrEqual(512);
      expect(() => decodePageToken(digestOf(["acct_b"]), token)).toThrow();
    }),
  );
});

test("of bytes that no token has, not one reaches the database", () => {
  const bytes = fc
    .array(fc.string({ unit: ANY_CHARACTER, maxLength: 20 }))
    .map((parts) => [digest, ...parts]);
  fc.assert(
    fc.property(bytes, (parts) => {
      const token = Buffer.from(parts.join("\n")).toString("base64url");
      expect(() => decodePageToken(digest, token)).toThrow(
        expect.objectContaining({ reason: "PAGE_TOKEN_INVALID" }),
      );
    }),
    { numRuns: 500 },
  );
});
