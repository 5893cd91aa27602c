import fc from "fast-check";
import { expect, test } from "vitest";
import { createKindEncoder } from "./encode-kind.ts";
import { KindTable } from "./kind-table.ts";
import { usage } from "./testing/spool.ts";
import type { Usage } from "./usage.ts";

const like = usage(1);

test.each<[string, Partial<Usage>]>([
  ["the minute after", { timeMs: like.timeMs + 60_000 }],
  ["another account", { accountId: "acct_b" }],
  ["another key", { keyId: "key_b" }],
  ["another operation", { operation: "BatchGetLocations" }],
  ["another status", { status: 404 }],
  ["other units", { units: 2 }],
  ["another lease", { leaseNumber: 2n }],
  ["another mode", { mode: 2 }],
])("usage of %s is another kind", (_, fields) => {
  const table = new KindTable();
  const [one, other] = [table.find(like), table.find({ ...like, ...fields })];
  expect(one.bytes).toEqual(createKindEncoder()(like));
  expect(other.bytes).toEqual(createKindEncoder()({ ...like, ...fields }));
  expect(other).not.toBe(one);
});

test("usage of one minute is one kind, and is encoded once", () => {
  const table = new KindTable();
  const late = { ...like, timeMs: like.timeMs + 59_999, leaseNumber: 1n };
  expect(table.find(late)).toBe(table.find(like));
});

test("whatever it forgets, the kind it finds is that of the usage", () => {
  const [table, encode] = [new KindTable(), createKindEncoder()];
  const any = fc.record({
    timeMs: fc.nat(3).map((minutes) => like.timeMs + minutes * 60_000),
    units: fc.nat(40),
    keyId: fc.constantFrom("key_a", "key_b"),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 60 }), (all) => {
      for (const fields of all) {
        const each = { ...like, ...fields };
        expect(table.find(each).bytes).toEqual(encode(each));
      }
    }),
  );
});
