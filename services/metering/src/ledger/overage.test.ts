import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_TIME, type UsageRecord, usage } from "../testing/usage.ts";

let ledger: Ledger;
let runs = 0;
let accountId: string;
let gatewayId: string;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

beforeEach(nextRun);

function nextRun() {
  runs += 1;
  accountId = `acct_${runs}`;
  gatewayId = `gateway-${runs}`;
}

const spend = (units: number, keyId = "key_a") => usage({ accountId, units, keyId });
const count = (first: number, records: UsageRecord[]) =>
  ledger.count(block(BigInt(first), records, { gatewayId }));
const overageByKey = async (account = accountId) => {
  const rows = await ledger.db
    .selectFrom("usage_minutes")
    .select(["key_id", "units", "overage_units"])
    .where("account_id", "=", account)
    .orderBy("key_id")
    .execute();
  return rows.map((row) => [row.key_id, row.units, row.overage_units]);
};

test("of a block that crosses the limit of a soft plan, the units after the limit are overage", async () => {
  await ledger.setQuota(accountId, 10n, "SOFT");
  const crossing = [spend(4), spend(4, "key_b"), spend(4), spend(0), spend(3, "key_b")];
  await count(1, crossing);
  const expected = [
    ["key_a", 8n, 2n],
    ["key_b", 7n, 3n],
  ];
  expect(await overageByKey()).toEqual(expected);
  expect(await count(1, crossing)).toBe("duplicate");
  expect(await overageByKey()).toEqual(expected);
  await count(4, [...crossing.slice(3), spend(5)]);
  expect(await overageByKey()).toEqual([
    ["key_a", 13n, 7n],
    ["key_b", 7n, 3n],
  ]);
});

test("the last unit of the limit is not overage, and one record can be in part", async () => {
  await ledger.setQuota(accountId, 10n, "SOFT");
  await count(1, [spend(10)]);
  expect(await overageByKey()).toEqual([["key_a", 10n, 0n]]);
  nextRun();
  await ledger.setQuota(accountId, 10n, "SOFT");
  await count(1, [spend(13)]);
  expect(await overageByKey()).toEqual([["key_a", 13n, 3n]]);
});

test("a hard plan has no overage, nor has an account that auth does not know", async () => {
  await ledger.setQuota(accountId, 1n);
  await count(1, [spend(5), usage({ accountId: `${accountId}_unknown`, units: 5 })]);
  expect(await overageByKey()).toEqual([["key_a", 5n, 0n]]);
  expect(await overageByKey(`${accountId}_unknown`)).toEqual([["key_a", 5n, 0n]]);
});

test("overage is of the limit at the moment of counting, and what is counted stays", async () => {
  await ledger.setQuota(accountId, 10n, "SOFT");
  await count(1, [spend(12)]);
  await ledger.setQuota(accountId, 20n, "SOFT");
  await count(2, [spend(4)]);
  expect(await overageByKey()).toEqual([["key_a", 16n, 2n]]);
  await ledger.setQuota(accountId, 5n, "SOFT");
  await count(3, [spend(4)]);
  expect(await overageByKey()).toEqual([["key_a", 20n, 6n]]);
});

const record = fc.record({
  account: fc.constantFrom("a", "b", "hard"),
  keyId: fc.constantFrom("key_a", "key_b"),
  timeMs: fc.constantFrom("2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z", "2026-03-01T00:01:00Z"),
  units: fc.integer({ min: 0, max: 6 }),
});
const cut = fc.record({ start: fc.nat(59), length: fc.integer({ min: 1, max: 25 }) });

test("however records are cut into blocks, repeated and mixed up, the same units are overage", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 20, maxLength: 60 }),
      fc.array(cut, { maxLength: 12 }),
      fc.bigInt({ min: 0n, max: 40n }),
      async (fields, cuts, limit) => {
        nextRun();
        await ledger.setQuota(`${accountId}_a`, limit, "SOFT");
        await ledger.setQuota(`${accountId}_b`, limit + 5n, "SOFT");
        await ledger.setQuota(`${accountId}_hard`, limit);
        const limits = new Map([
          ["a", limit],
          ["b", limit + 5n],
        ]);
        const records = fields.map(({ account, timeMs, ...rest }) =>
          usage({
            ...rest,
            accountId: `${accountId}_${account}`,
            timeMs: BigInt(Date.parse(timeMs)),
          }),
        );
        for (const { start, length } of [...cuts, { start: 0, length: records.length }]) {
          const part = records.slice(start, start + length);
          if (part.length > 0) await count(start + 1, part);
        }
        expect(await overageByMinute()).toEqual(byHand(records, limits));
      },
    ),
    { numRuns: 30, endOnFailure: true },
  );
}, 60_000);

async function overageByMinute() {
  const rows = await ledger.db
    .selectFrom("usage_minutes")
    .select(["account_id", "minute", "key_id", "overage_units"])
    .where("account_id", "like", `${accountId}\\_%`)
    .where("overage_units", ">", 0n)
    .execute();
  return new Map(
    rows
      .map(
        (row) =>
          [
            `${row.account_id} ${row.minute.toISOString()} ${row.key_id}`,
            row.overage_units,
          ] as const,
      )
      .toSorted(),
  );
}

/** The overage of each minute and key, record by record. */
function byHand(records: readonly UsageRecord[], limits: ReadonlyMap<string, bigint>) {
  const used = new Map<string, bigint>();
  const overage = new Map<string, bigint>();
  for (const { accountId: account, keyId, timeMs, units } of records) {
    const limit = limits.get(account.split("_").at(-1) ?? "");
    const time = new Date(Number(timeMs)).toISOString();
    const period = `${account} ${time.slice(0, 7)}`;
    const before = used.get(period) ?? 0n;
    const after = before + BigInt(units);
    used.set(period, after);
    if (limit === undefined || after <= limit) continue;
    const minute = `${account} ${time.slice(0, 16)}:00.000Z ${keyId}`;
    const over = after - (before > limit ? before : limit);
    if (over > 0n) overage.set(minute, (overage.get(minute) ?? 0n) + over);
  }
  return new Map([...overage].toSorted());
}
