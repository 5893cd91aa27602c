import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Account_State, Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { createAuthenticator } from "./authenticate.ts";
import { KeyTable } from "./key-table.ts";
import { accountRecord, change, keyRecord, planRecord, secretOf } from "./testing/records.ts";

const clock = createTestClock();
const at = (offsetMs: number) => timestampFromMs(clock.wallMs() + offsetMs);

const secrets = {
  good: secretOf(),
  unknown: secretOf(),
  revoked: secretOf(),
  expired: secretOf(),
  expiresNext: secretOf(),
  early: secretOf(),
  justBegun: secretOf(),
  disabled: secretOf(),
  disabledAndExpired: secretOf(),
  suspended: secretOf(),
  revokedAndSuspended: secretOf(),
  closed: secretOf(),
};

/** A table with a key for each secret but the unknown one. */
function filledTable(): KeyTable {
  const table = new KeyTable();
  const { REVOKED, DISABLED } = Key_State;
  const suspended = { accountId: "acct_suspended", state: Account_State.SUSPENDED };
  const records = [
    planRecord(),
    accountRecord(),
    accountRecord(suspended),
    accountRecord({ accountId: "acct_closed", state: Account_State.CLOSED }),
    keyRecord(secrets.good),
    keyRecord(secrets.revoked, { state: REVOKED }),
    keyRecord(secrets.expired, { expireTime: at(0) }),
    keyRecord(secrets.expiresNext, { expireTime: at(1) }),
    keyRecord(secrets.early, { notBeforeTime: at(1) }),
    keyRecord(secrets.justBegun, { notBeforeTime: at(0) }),
    keyRecord(secrets.disabled, { state: DISABLED }),
    keyRecord(secrets.disabledAndExpired, { state: DISABLED, expireTime: at(0) }),
    keyRecord(secrets.suspended, { accountId: "acct_suspended" }),
    keyRecord(secrets.closed, { accountId: "acct_closed" }),
    keyRecord(secrets.revokedAndSuspended, { accountId: "acct_suspended", state: REVOKED }),
  ];
  for (const [i, record] of records.entries()) table.apply(change(i + 1, record));
  return table;
}

const missing = { kind: "unauthenticated", reason: "KEY_MISSING" };
const invalid = { kind: "unauthenticated", reason: "KEY_INVALID" };
const disabled = { kind: "permission_denied", reason: "KEY_DISABLED" };
const stale = { kind: "unavailable", reason: "AUTH_STALE", retryAfterMs: 1_000 };
const stalenessMaxMs = 60_000;

const authenticatorAt = (beatAgeMs: number) =>
  createAuthenticator(
    { table: filledTable(), beatAgeMs: () => beatAgeMs, clock },
    { stalenessMaxMs },
  );

const lastCharacter = secrets.good.at(-1) === "0" ? "1" : "0";
const mistyped = `${secrets.good.slice(0, -1)}${lastCharacter}`;

test.each([
  { why: "no header at all", credential: undefined, refusal: missing },
  { why: "an empty header", credential: "", refusal: missing },
  { why: "not a key of Geomesh: not looked up", credential: "Bearer abc", refusal: invalid },
  { why: "mistyped: its checksum is wrong", credential: mistyped, refusal: invalid },
  { why: "well formed, but unknown", credential: secrets.unknown, refusal: invalid },
  { why: "revoked", credential: secrets.revoked, refusal: invalid },
  { why: "expired this very moment", credential: secrets.expired, refusal: invalid },
  { why: "not valid before the next moment", credential: secrets.early, refusal: invalid },
  { why: "it is disabled", credential: secrets.disabled, refusal: disabled },
  { why: "it is disabled, but expired", credential: secrets.disabledAndExpired, refusal: invalid },
  { why: "its account is suspended", credential: secrets.suspended, refusal: disabled },
  { why: "its account is closed", credential: secrets.closed, refusal: invalid },
  {
    why: "revoked: the suspended account is not mentioned",
    credential: secrets.revokedAndSuspended,
    refusal: invalid,
  },
  {
    why: "unknown at 5 s: the table is still fresh",
    credential: secrets.unknown,
    beatAgeMs: 5_000,
    refusal: invalid,
  },
  {
    why: "unknown after 5 s: it may be a new key that has not arrived",
    credential: secrets.unknown,
    beatAgeMs: 5_001,
    refusal: stale,
  },
  {
    why: "known after 60 s: it may have been revoked long ago",
    credential: secrets.good,
    beatAgeMs: stalenessMaxMs + 1,
    refusal: stale,
  },
  {
    why: "malformed after 60 s: that needs no table",
    credential: mistyped,
    beatAgeMs: stalenessMaxMs + 1,
    refusal: invalid,
  },
  {
    why: "known, before the table was loaded",
    credential: secrets.good,
    beatAgeMs: Number.POSITIVE_INFINITY,
    refusal: stale,
  },
])("a key is refused: $why", ({ credential, beatAgeMs = 0, refusal }) => {
  const authenticate = authenticatorAt(beatAgeMs);
  expect(() => authenticate(credential)).toThrow(expect.objectContaining(refusal));
});

test.each([
  { why: "active", credential: secrets.good },
  { why: "its last moment", credential: secrets.expiresNext },
  { why: "its first moment", credential: secrets.justBegun },
  { why: "known, while auth is unavailable", credential: secrets.good, beatAgeMs: 5_001 },
  { why: "at 60 s to the millisecond", credential: secrets.good, beatAgeMs: stalenessMaxMs },
])("a key is accepted: $why", ({ credential, beatAgeMs = 0 }) => {
  const { key, account, plan } = authenticatorAt(beatAgeMs)(credential);
  expect([key.keyId, account.accountId, plan.planId]).toEqual(["key_a", "acct_a", "plan_a"]);
});

test("what is unknown, malformed, revoked, expired or early looks the same from outside", () => {
  const authenticate = authenticatorAt(0);
  const { unknown, revoked, expired, early } = secrets;
  const answers = [mistyped, unknown, revoked, expired, early].map((credential) => {
    try {
      return authenticate(credential);
    } catch (error) {
      const { kind, reason, publicMessage } = error as Record<string, unknown>;
      return JSON.stringify({ kind, reason, publicMessage });
    }
  });
  expect(new Set(answers).size).toBe(1);
});

test("a key of another form is looked up only where one was imported", () => {
  const foreign = "sk-0123456789.abcdef";
  const own = `gm_live_${"0".repeat(36)}`;
  const table = filledTable();
  const authenticate = createAuthenticator(
    { table, beatAgeMs: () => 0, clock },
    { stalenessMaxMs },
  );
  // What the table holds under a hash is not asked for while the form is refused.
  for (const [i, secret] of [foreign, own, "short", "x".repeat(201)].entries()) {
    table.apply(change(100 + i, keyRecord(secret)));
    expect(() => authenticate(secret)).toThrow(expect.objectContaining(invalid));
  }
  table.apply(change(200, keyRecord("another-key-from-elsewhere", { displayPrefix: "another-" })));
  expect(authenticate(foreign).key.keyId).toBe("key_a");
  for (const secret of [own, "short", "x".repeat(201)]) {
    expect(() => authenticate(secret)).toThrow(expect.objectContaining(invalid));
  }
});
