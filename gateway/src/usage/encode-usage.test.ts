import { create, toBinary } from "@bufbuild/protobuf";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { UsageRecordSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createUsageEncoder } from "./encode-usage.ts";

const uint53 = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.string({ unit: "grapheme", maxLength: 60 });

test("any usage has the same bytes as the library writes", () => {
  const encode = createUsageEncoder();
  const usage = fc.record({
    timeMs: uint53.map(Number),
    accountId: text,
    keyId: text,
    operation: text,
    status: uint32,
    units: uint32,
    leaseNumber: uint53,
    mode: fc.constantFrom(KeyMode.KEY_MODE_UNSPECIFIED, KeyMode.LIVE, KeyMode.TEST),
  });
  fc.assert(
    fc.property(usage, (given) => {
      const expected = toBinary(
        UsageRecordSchema,
        create(UsageRecordSchema, { ...given, timeMs: BigInt(given.timeMs) }),
      );
      expect(Buffer.from(encode(given))).toEqual(Buffer.from(expected));
    }),
    { verbose: true },
  );
});

test("usage that is too large is refused, and the next is complete", () => {
  const encode = createUsageEncoder();
  const small = {
    timeMs: 1,
    accountId: "a",
    keyId: "k",
    operation: "o",
    status: 200,
    units: 1,
    leaseNumber: 0n,
    mode: KeyMode.TEST,
  };
  expect(() => encode({ ...small, keyId: "k".repeat(100_000) })).toThrow(RangeError);
  expect(Buffer.from(encode(small))).toEqual(
    Buffer.from(toBinary(UsageRecordSchema, create(UsageRecordSchema, { ...small, timeMs: 1n }))),
  );
});
