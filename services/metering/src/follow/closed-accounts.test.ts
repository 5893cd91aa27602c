import { Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { AcquireLeaseRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { account, changed, deletedPlan, plan } from "../testing/auth-records.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_NONCE, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";
import { applyAll } from "./followed-changes.ts";

let ledger: Ledger;
let runs = 0;
let accountId: string;
let gatewayId: string;
beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});
afterAll(() => ledger.close());
beforeEach(async () => {
  runs += 1;
  accountId = `acct_${runs}`;
  gatewayId = `gateway-${runs}`;
  await ledger.openEpoch({ gatewayId, epoch: 1n, nonce: TEST_NONCE });
});

const soft = (planId: string, monthlyQuota: bigint) => ({
  ...{ planId: `${planId}-${runs}`, monthlyQuota },
  quotaMode: QuotaMode.SOFT,
});
const hard = (planId: string, quota: bigint) => ({
  ...soft(planId, quota),
  quotaMode: QuotaMode.HARD,
});
const has = (planId: string, state?: Account_State) =>
  account({ accountId, planId: `${planId}-${runs}`, ...(state && { state }) });
const apply = (...records: Parameters<typeof changed>[1][]) =>
  applyAll(
    ledger.db,
    records.map((record, index) => changed(BigInt(index + 1), record)),
  );
const spend = (first: number, units: number) =>
  ledger.count(block(BigInt(first), [usage({ accountId, units })], { gatewayId }));
const quota = async () => (await ledger.getQuota({ accountId })).quota;

function acquire(unitsWanted: bigint, leaseNumber = 1n) {
  const lease = { gatewayId, epoch: 1n, nonce: TEST_NONCE, leaseNumber };
  const period = { accountId, periodStartTime: TEST_PERIOD, unitsWanted };
  return ledger.acquire(AcquireLeaseRequest.fromPartial({ ...lease, ...period }));
}

test("another plan in the middle of a month holds at once, and what is used stays used", async () => {
  await apply(plan(hard("small", 10n)), has("small"));
  await spend(1, 8);
  expect(await quota()).toMatchObject({ limit: 10n, used: 8n, remaining: 2n });
  await applyAll(ledger.db, [plan(hard("large", 100n)), has("large")].map(later(3n)));
  expect(await quota()).toMatchObject({ limit: 100n, used: 8n, remaining: 92n });
  expect(await acquire(20n)).toMatchObject({ unitsGranted: 20n, limit: 100n });
  await applyAll(ledger.db, [plan(hard("tiny", 5n)), has("tiny")].map(later(5n)));
  expect(await quota()).toMatchObject({ limit: 5n, used: 8n, remaining: 0n });
  expect(await acquire(1n, 2n)).toMatchObject({ unitsGranted: 0n });
});

const later =
  (from: bigint) =>
  (record: Parameters<typeof changed>[1], index: number): ReturnType<typeof changed> =>
    changed(from + BigInt(index), record);

test("a closed account is lent nothing, and its usage stays", async () => {
  await apply(plan(soft("soft", 10n)), has("soft"));
  await spend(1, 8);
  await applyAll(ledger.db, [changed(3n, has("soft", Account_State.CLOSED))]);
  expect(await quota()).toMatchObject({ limit: 0n, used: 8n, remaining: 0n });
  expect(await acquire(1n)).toMatchObject({ unitsGranted: 0n });
});

test("late usage of a closed account is measured by its plan, deleted or not", async () => {
  await apply(
    plan(soft("soft", 10n)),
    has("soft", Account_State.CLOSED),
    deletedPlan(soft("soft", 10n)),
  );
  await spend(1, 14);
  const rows = ledger.db.selectFrom("usage_minutes").select(["units", "overage_units"]);
  const row = await rows.where("account_id", "=", accountId).executeTakeFirst();
  expect(row).toEqual({ units: 14n, overage_units: 4n });
});

test("a plan whose id is used again has its new limits, in whatever order the changes come", async () => {
  const changes = [
    changed(1n, plan(hard("again", 10n))),
    changed(2n, deletedPlan(hard("again", 10n))),
    changed(3n, plan(hard("again", 30n))),
    changed(4n, has("again")),
  ];
  for (const at of [3, 2, 0, 1]) await applyAll(ledger.db, changes.slice(at, at + 1));
  expect(await quota()).toMatchObject({ limit: 30n });
});
