import { create, toBinary } from "@bufbuild/protobuf";
import { AccountSchema, type Key, KeySchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ACCOUNT_FORM, KEY_FORM } from "./record-forms.ts";
import { SharedTexts, WireReader } from "./wire-reader.ts";

const SEED = 20_261_130;
const text = fc.string({ unit: "grapheme", maxLength: 300 });
const texts = fc.array(text, { maxLength: 8 });
const state = fc.integer({ min: 0, max: 3 });
const seconds = fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n });
const time = fc.record({ seconds, nanos: fc.nat(999_999_999) });
const rate = fc.record({ requests: fc.nat(), burst: fc.nat(), per: fc.record({ seconds }) });
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });

const keys = fc
  .record({
    ...{ keyId: text, accountId: text, name: text, displayPrefix: text, etag: text },
    ...{ scopes: texts, allowedCidrs: texts, allowedOrigins: texts, state },
    ...{ mode: fc.integer({ min: 0, max: 2 }), metadata: fc.dictionary(text, text) },
    ...{ expireTime: maybe(time), notBeforeTime: maybe(time), rate: maybe(rate) },
    ...{ createTime: maybe(time), updateTime: maybe(time), revokeTime: maybe(time) },
    ...{ lastUsedTime: maybe(time), replacedByKeyId: maybe(text) },
  })
  .map((init) => create(KeySchema, init as Key));

/** Reads bytes that do not begin where their memory does. */
function readerOf(bytes: Uint8Array): WireReader {
  const memory = Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(5, 0xff)]);
  return new WireReader(memory, 5, 5 + bytes.length);
}

/** What is known of a key, taken from the message itself. */
const knownOf = ({ keyId, accountId, scopes, state, mode, ...rest }: Key) => ({
  ...{ keyId, accountId, scopes, state, mode },
  ...{ expireTime: rest.expireTime, notBeforeTime: rest.notBeforeTime, rate: rest.rate },
  ...{ allowedCidrs: rest.allowedCidrs, allowedOrigins: rest.allowedOrigins },
});

const DIGEST = new Uint8Array(32);

test("of any key, all that is known by the table comes back, whether it was shortened first or not", () => {
  fc.assert(
    fc.property(keys, (key) => {
      expect(KEY_FORM.decode(readerOf(KEY_FORM.encode(key)), DIGEST)).toEqual(knownOf(key));
      expect(KEY_FORM.decode(readerOf(toBinary(KeySchema, key)), DIGEST)).toEqual(knownOf(key));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("what nothing is checked by takes no memory", () => {
  const known = { keyId: "key_a", accountId: "acct_a", scopes: ["admin"] };
  const time = { seconds: 1n };
  const whole = create(KeySchema, {
    ...{ ...known, displayPrefix: "gm_live_0000", etag: "7", metadata: { a: "b" } },
    ...{ createTime: time, updateTime: time, revokeTime: time, lastUsedTime: time },
    replacedByKeyId: "key_b",
  });
  expect(KEY_FORM.encode(whole)).toEqual(toBinary(KeySchema, create(KeySchema, known)));
});

test("of any account, all that is known by the table comes back", () => {
  const accounts = fc.record({
    ...{ accountId: text, name: text, planId: text, state, externalId: maybe(text), etag: text },
    ...{ createTime: maybe(time), metadata: fc.dictionary(text, text) },
  });
  fc.assert(
    fc.property(accounts, (init) => {
      const account = create(AccountSchema, init as never);
      const { accountId, planId, state } = account;
      const known = { accountId, planId, state };
      for (const bytes of [ACCOUNT_FORM.encode(account), toBinary(AccountSchema, account)]) {
        expect(ACCOUNT_FORM.decode(readerOf(bytes), accountId)).toEqual(known);
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("texts that share a place are told apart", () => {
  const texts = new SharedTexts();
  // The first and the last character of each, and its length, are those of the others.
  for (const text of ["a1z", "a2z", "aéz", "a1z", "aéz", "a\u00c3\u00a9z", "", "a1z"]) {
    const bytes = Buffer.from(`<${text}>`);
    expect(texts.read(bytes, 1, bytes.length - 1)).toBe(text);
  }
});
