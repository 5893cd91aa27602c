import { create } from "@bufbuild/protobuf";
import { AccountSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EncodedRecords } from "./encoded-records.ts";
import { ACCOUNT_FORM } from "./record-forms.ts";
import { type RecordKeys, TEXT_KEYS } from "./record-keys.ts";

const NAME_CHARS_MAX = 300;

const account = (planId: string) => create(AccountSchema, { planId });
const newRecords = (keys: RecordKeys<string> = TEXT_KEYS) =>
  new EncodedRecords({ keys, form: ACCOUNT_FORM });
/** The hashes of many keys are the same in all 32 bits, or in the low ones that choose a slot. */
const CLASHING_KEYS = [
  { what: "all the same hash", keys: { ...TEXT_KEYS, hashOf: () => -7 } },
  { what: "two hashes", keys: { ...TEXT_KEYS, hashOf: (key: string) => (key.length % 2) - 1 } },
  {
    what: "hashes of the same low bits",
    keys: { ...TEXT_KEYS, hashOf: (key: string) => (TEXT_KEYS.hashOf(key) << 24) | 0xfffff },
  },
];

const puts = fc.array(
  fc.record({
    key: fc.nat(30),
    chars: fc.nat(NAME_CHARS_MAX),
    revision: fc.bigInt({ min: 1n, max: 50n }),
    isRead: fc.boolean(),
  }),
  { maxLength: 200 },
);

test.each([{ what: "hashes of their own", keys: TEXT_KEYS }, ...CLASHING_KEYS])(
  "what was put in the newest revision is found, whatever lengths records had before, by keys of $what",
  ({ keys }) => {
    fc.assert(
      fc.property(puts, (all) => {
        const records = newRecords(keys);
        const model = new Map<number, { name: string; revision: bigint }>();
        for (const [i, { key, chars, revision, isRead }] of all.entries()) {
          const name = `${i}`.padEnd(chars, "x");
          records.put(`key ${key}`, account(name), revision);
          if ((model.get(key)?.revision ?? 0n) < revision) model.set(key, { name, revision });
          if (isRead) expect(records.get(`key ${key}`)?.planId).toBe(model.get(key)?.name);
        }
        expect(records.size).toBe(model.size);
        for (let key = 0; key <= 31; key += 1) {
          expect(records.get(`key ${key}`)?.planId).toBe(model.get(key)?.name);
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  },
);

test("many records of all lengths are each found, also after the slots have grown", () => {
  const records = newRecords();
  const count = 20_000;
  const nameOf = (i: number) => `${i}`.padEnd(i % 500, "x");
  for (let i = 0; i < count; i += 1) records.put(`${i}`, account(nameOf(i)), 1n);
  const wrong = [];
  for (let i = 0; i < count; i += 1) {
    if (records.get(`${i}`)?.planId !== nameOf(i)) wrong.push(i);
  }
  expect([wrong, records.size]).toEqual([[], count]);
  expect(records.get("none")).toBeUndefined();
});

test("a record that is replaced over and over takes no more memory", () => {
  const records = newRecords();
  const key = "key";
  for (let length = 1; length <= NAME_CHARS_MAX; length += 1) {
    records.put(key, account("x".repeat(length)), BigInt(length));
  }
  const { bytes } = records;
  for (let revision = 301; revision < 30_000; revision += 1) {
    records.put(key, account("x".repeat((revision * 97) % NAME_CHARS_MAX)), BigInt(revision));
  }
  expect(records.bytes).toBe(bytes);
});

test.each(CLASHING_KEYS)(
  "keys of $what are each found by what they are, also after the slots have grown",
  ({ keys }) => {
    const records = newRecords(keys);
    const all = Array.from({ length: 2_000 }, (_, i) => `${"k".repeat(i % 3)}${i}`);
    for (const key of all) records.put(key, account(key), 1n);
    expect(all.map((key) => records.get(key)?.planId)).toEqual(all);
    expect([records.get("none"), records.size]).toEqual([undefined, all.length]);
  },
);

test("a message is the same object from the second time on that it is asked for, until it changes", () => {
  const records = newRecords();
  records.put("key", account("before"), 1n);
  records.get("key");
  const kept = records.get("key");
  expect(records.get("key")).toBe(kept);
  records.put("key", account("after"), 2n);
  expect([records.get("key")?.planId, records.get("key")?.planId]).toEqual(["after", "after"]);
});

test("a key that begins like others is none of them", () => {
  const records = newRecords();
  const keyOf = (length: number) => "x".repeat(length);
  const lengths = Array.from({ length: 400 }, (_, i) => i + 1);
  for (const length of lengths.toReversed()) records.put(keyOf(length), account(`${length}`), 1n);
  expect(lengths.map((length) => records.get(keyOf(length))?.planId)).toEqual(lengths.map(String));
  expect(records.get(keyOf(0))).toBeUndefined();
});

test("a record longer than a MiB is refused, and the one before stays", () => {
  const records = newRecords();
  const key = "key";
  records.put(key, account("before"), 1n);
  const tooLong = account("x".repeat(1024 * 1024));
  expect(() => records.put(key, tooLong, 2n)).toThrow(RangeError);
  expect(records.get(key)?.planId).toBe("before");
  records.put("other", account("x".repeat(1_000_000)), 1n);
  expect(records.get("other")?.planId).toHaveLength(1_000_000);
});
