import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Account_State, Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { CredentialMemo, createAuthenticator } from "./authenticate.ts";
import { KeyTable } from "./key-table.ts";
import { accountRecord, change, keyRecord, planRecord, secretOf } from "./testing/records.ts";

const secret = secretOf();
const otherSecret = secretOf();

/** One connection's authentication, over a table with two keys that counts how often it is asked. */
function connectionForTest() {
  class CountingTable extends KeyTable {
    finds = 0;
    override find(...args: Parameters<KeyTable["find"]>) {
      this.finds += 1;
      return super.find(...args);
    }
  }
  const table = new CountingTable();
  const clock = createTestClock();
  const expireTime = timestampFromMs(clock.wallMs() + 1_000);
  const records = [
    ...[planRecord(), accountRecord(), accountRecord({ accountId: "acct_b" })],
    keyRecord(secret, { expireTime }),
    keyRecord(otherSecret, { keyId: "key_b", accountId: "acct_b" }),
  ];
  for (const [i, record] of records.entries()) table.apply(change(i + 1, record));
  const mesh = { beatAgeMs: 0 };
  const authenticate = createAuthenticator(
    { table, beatAgeMs: () => mesh.beatAgeMs, clock },
    { stalenessMaxMs: 60_000 },
  );
  const memo = new CredentialMemo();
  const ask = (credential: string | undefined = secret) => authenticate(credential, memo);
  return { table, clock, mesh, ask };
}

type Connection = ReturnType<typeof connectionForTest>;

test("a key is looked up once a connection, until the table changes", () => {
  const { table, ask } = connectionForTest();
  const first = ask();
  expect([ask(), ask(), table.finds]).toEqual([first, first, 1]);
  table.apply(change(9, planRecord({ batchSizeMax: 7 })));
  expect(ask().plan.batchSizeMax).toBe(7);
  expect(table.finds).toBe(2);
});

test("another key on the same connection gets its own principal", () => {
  const { ask } = connectionForTest();
  const keys = [secret, otherSecret, secret].map((each) => ask(each).key.keyId);
  expect(keys).toEqual(["key_a", "key_b", "key_a"]);
});

const SUSPENDED = accountRecord({ state: Account_State.SUSPENDED });
const REVOKED = keyRecord(secret, { state: Key_State.REVOKED });

test.each<[string, (connection: Connection) => unknown, string]>([
  ["revoked", ({ table }) => table.apply(change(9, REVOKED)), "KEY_INVALID"],
  ["suspended", ({ table }) => table.apply(change(9, SUSPENDED)), "KEY_DISABLED"],
  ["expired", ({ clock }) => clock.advance(1_000), "KEY_INVALID"],
  [
    "missing in a table that replaces it",
    ({ table }) => table.replaceBy(new KeyTable()),
    "KEY_INVALID",
  ],
  [
    "too old to be believed",
    ({ mesh }) => Object.assign(mesh, { beatAgeMs: 60_001 }),
    "AUTH_STALE",
  ],
])("a key that is %s is refused by the next request of its connection", (_why, happen, reason) => {
  const connection = connectionForTest();
  connection.ask();
  happen(connection);
  expect(() => connection.ask()).toThrow(expect.objectContaining({ reason }));
});

test("a refused key leaves nothing behind that lets the next request in", () => {
  const { ask } = connectionForTest();
  ask();
  expect(() => ask(secretOf())).toThrow(expect.objectContaining({ reason: "KEY_INVALID" }));
  expect(() => ask("")).toThrow(expect.objectContaining({ reason: "KEY_MISSING" }));
  expect(() => ask(secretOf())).toThrow(expect.objectContaining({ reason: "KEY_INVALID" }));
  expect(ask().key.keyId).toBe("key_a");
});
