import { create } from "@bufbuild/protobuf";
import { AccountSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EncodedRecords } from "./encoded-records.ts";

const NAME_CHARS_MAX = 300;

const account = (name: string) => create(AccountSchema, { name });
const newRecords = () => new EncodedRecords(AccountSchema);

const puts = fc.array(
  fc.record({
    key: fc.nat(30),
    chars: fc.nat(NAME_CHARS_MAX),
    revision: fc.bigInt({ min: 1n, max: 50n }),
    isRead: fc.boolean(),
  }),
  { maxLength: 200 },
);

test("what was put in the newest revision is found, whatever lengths records had before", () => {
  fc.assert(
    fc.property(puts, (all) => {
      const records = newRecords();
      const model = new Map<number, { name: string; revision: bigint }>();
      for (const [i, { key, chars, revision, isRead }] of all.entries()) {
        const name = `${i}`.padEnd(chars, "x");
        records.put(Buffer.from(`key ${key}`), account(name), revision);
        if ((model.get(key)?.revision ?? 0n) < revision) model.set(key, { name, revision });
        if (isRead) expect(records.get(Buffer.from(`key ${key}`))?.name).toBe(model.get(key)?.name);
      }
      expect(records.size).toBe(model.size);
      for (let key = 0; key <= 31; key += 1) {
        expect(records.get(Buffer.from(`key ${key}`))?.name).toBe(model.get(key)?.name);
      }
    }),
    { seed: 11, numRuns: 300 },
  );
});

test("many records of all lengths are each found, also after the slots have grown", () => {
  const records = newRecords();
  const count = 20_000;
  const nameOf = (i: number) => `${i}`.padEnd(i % 500, "x");
  for (let i = 0; i < count; i += 1) records.put(Buffer.from(`${i}`), account(nameOf(i)), 1n);
  const wrong = [];
  for (let i = 0; i < count; i += 1) {
    if (records.get(Buffer.from(`${i}`))?.name !== nameOf(i)) wrong.push(i);
  }
  expect([wrong, records.size]).toEqual([[], count]);
  expect(records.get(Buffer.from("none"))).toBeUndefined();
});

test("a record that is replaced over and over takes no more memory", () => {
  const records = newRecords();
  const key = Buffer.from("key");
  for (let length = 1; length <= NAME_CHARS_MAX; length += 1) {
    records.put(key, account("x".repeat(length)), BigInt(length));
  }
  const { bytes } = records;
  for (let revision = 301; revision < 30_000; revision += 1) {
    records.put(key, account("x".repeat((revision * 97) % NAME_CHARS_MAX)), BigInt(revision));
  }
  expect(records.bytes).toBe(bytes);
});

test("a key that begins like others is none of them", () => {
  const records = newRecords();
  const keyOf = (length: number) => Buffer.from("x".repeat(length));
  const lengths = Array.from({ length: 400 }, (_, i) => i + 1);
  for (const length of lengths.toReversed()) records.put(keyOf(length), account(`${length}`), 1n);
  expect(lengths.map((length) => records.get(keyOf(length))?.name)).toEqual(lengths.map(String));
  expect(records.get(keyOf(0))).toBeUndefined();
});

test("a record longer than a MiB is refused, and the one before stays", () => {
  const records = newRecords();
  const key = Buffer.from("key");
  records.put(key, account("before"), 1n);
  const tooLong = account("x".repeat(1024 * 1024));
  expect(() => records.put(key, tooLong, 2n)).toThrow(RangeError);
  expect(records.get(key)?.name).toBe("before");
  records.put(Buffer.from("other"), account("x".repeat(1_000_000)), 1n);
  expect(records.get(Buffer.from("other"))?.name).toHaveLength(1_000_000);
});
