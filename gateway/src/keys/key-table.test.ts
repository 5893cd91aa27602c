import { Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { KeyRecord } from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import { apiKeyHash } from "@geomesh/terms/api-key";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyTable } from "./key-table.ts";
import {
  accountRecord,
  change,
  deletedPlanRecord,
  keyRecord,
  planRecord,
  secretOf,
} from "./testing/records.ts";

const secrets = [secretOf(), secretOf()] as const;
const record = fc.oneof(
  fc.record({ kind: fc.constant("account"), id: fc.nat(1) }),
  fc.record({ kind: fc.constantFrom("plan", "deletedPlan"), id: fc.nat(1) }),
  fc.record({ kind: fc.constant("key"), id: fc.nat(1) }),
);

/** The record as of a revision: all its fields tell the revision, and what it refers to changes with it. */
function recordAt({ kind, id }: { kind: string; id: number }, revision: number) {
  const name = `as of ${revision}`;
  const other = revision % 2;
  if (kind === "account") return accountRecord({ accountId: `${id}`, planId: `${other}`, name });
  if (kind === "plan") return planRecord({ planId: `${id}`, name });
  if (kind === "deletedPlan") return deletedPlanRecord({ planId: `${id}`, name });
  const state = other ? Key_State.ACTIVE : Key_State.REVOKED;
  const known = { keyId: `${id}`, accountId: `${other}`, scopes: [name], state };
  return keyRecord(secrets[id] ?? "", known);
}

test("changes in any order and number give the newest state of each record", () => {
  const history = fc
    .array(record, { minLength: 1, maxLength: 20 })
    .map((records) => records.map((each, i) => change(i + 1, recordAt(each, i + 1))));
  const deliveries = history.chain((changes) =>
    fc.tuple(
      fc.constant(changes),
      fc.shuffledSubarray([...changes, ...changes, ...changes], {
        minLength: 3 * changes.length,
      }),
    ),
  );
  fc.assert(
    fc.property(deliveries, ([inOrder, asTheyCame]) => {
      const [expected, table] = [new KeyTable(), new KeyTable()];
      for (const each of inOrder) expected.apply(each);
      for (const each of asTheyCame) table.apply(each);
      for (const secret of secrets) {
        expect(table.find(apiKeyHash(secret))).toEqual(expected.find(apiKeyHash(secret)));
      }
      expect(table.keysCount).toBe(expected.keysCount);
    }),
    { numRuns: 300 },
  );
});

test("keys whose hashes begin alike are told apart, and one that is unknown is none of them", () => {
  const table = new KeyTable();
  for (const [i, each] of [planRecord(), accountRecord()].entries()) table.apply(change(i, each));
  const digestOf = (last: number) => Buffer.alloc(32, 0x5a).fill(last, 31);
  for (let last = 0; last < 50; last += 1) {
    const { value } = keyRecord("", { keyId: `key_${last}` }) as { value: KeyRecord };
    value.secretSha256 = digestOf(last);
    table.apply(change(10 + last, { case: "key", value }));
  }
  for (let last = 0; last < 50; last += 1) {
    expect(table.find(digestOf(last))?.key.keyId).toBe(`key_${last}`);
  }
  expect([table.find(digestOf(50)), table.keysCount]).toEqual([undefined, 50]);
});

test("changes in order give the last state of each record", () => {
  const table = new KeyTable();
  const records = [
    planRecord(),
    accountRecord(),
    keyRecord(secrets[0]),
    planRecord({ monthlyQuota: 99n }),
  ];
  for (const [i, each] of records.entries()) table.apply(change(i + 1, each));
  const found = table.find(apiKeyHash(secrets[0]));
  expect([found?.key.keyId, found?.account.accountId, found?.plan.monthlyQuota]).toEqual([
    "key_a",
    "acct_a",
    99n,
  ]);
});

test("a key is not found before its account and its plan have arrived", () => {
  const table = new KeyTable();
  const find = () => table.find(apiKeyHash(secrets[0]));
  table.apply(change(3, keyRecord(secrets[0])));
  expect(find()).toBeUndefined();
  table.apply(change(2, accountRecord()));
  expect(find()).toBeUndefined();
  table.apply(change(1, planRecord()));
  expect(find()?.plan.planId).toBe("plan_a");
});

test("a table that takes over another holds what that one held and nothing else", () => {
  const [table, other] = [new KeyTable(), new KeyTable()];
  const records = [planRecord(), accountRecord(), keyRecord(secrets[0])];
  for (const [i, each] of records.entries()) table.apply(change(i + 10, each));
  for (const each of [...records.slice(0, 2), keyRecord(secrets[1])]) other.apply(change(1, each));
  table.replaceBy(other);
  expect(table.find(apiKeyHash(secrets[0]))).toBeUndefined();
  expect(table.find(apiKeyHash(secrets[1]))?.key.keyId).toBe("key_a");
  expect(table.keysCount).toBe(1);
});
