import { create, toBinary } from "@bufbuild/protobuf";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { UsageKindSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createKindEncoder, minuteOfKind } from "./encode-kind.ts";
import { usage } from "./testing/spool.ts";

const uint53 = fc.maxSafeInteger().map(Math.abs);
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.string({ unit: "grapheme", maxLength: 60 });

test("any kind has the same bytes as the library writes, and its minute is read back", () => {
  const encode = createKindEncoder();
  const arbitrary = fc.record({
    timeMs: uint53,
    accountId: text,
    keyId: text,
    operation: text,
    status: uint32,
    units: uint32,
    leaseNumber: fc.oneof(uint53, uint53.map(BigInt)),
    mode: fc.constantFrom(KeyMode.KEY_MODE_UNSPECIFIED, KeyMode.LIVE, KeyMode.TEST),
  });
  fc.assert(
    fc.property(arbitrary, ({ timeMs, leaseNumber, ...rest }) => {
      const minute = Math.floor(timeMs / 60_000);
      const kind = { ...rest, minute: BigInt(minute), leaseNumber: BigInt(leaseNumber) };
      const expected = toBinary(UsageKindSchema, create(UsageKindSchema, kind));
      const bytes = encode({ timeMs, leaseNumber, ...rest });
      expect(bytes).toEqual(Buffer.from(expected));
      expect(minuteOfKind(bytes)).toBe(minute);
    }),
    { verbose: true },
  );
});

test("a kind that is too large is refused, and the next is complete", () => {
  const encode = createKindEncoder();
  const small = encode(usage(1));
  expect(() => encode({ ...usage(1), keyId: "k".repeat(100_000) })).toThrow(RangeError);
  expect(encode(usage(1))).toEqual(small);
});
