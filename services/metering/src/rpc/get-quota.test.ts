import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

test("a quota tells what is used and what remains, and when it starts anew", async () => {
  await ledger.setQuota("acct_a", 10n);
  await ledger.count(block(1n, [usage({ units: 4 })]));
  expect(await ledger.getQuota({ accountId: "acct_a" })).toEqual({
    quota: {
      limit: 10n,
      used: 4n,
      remaining: 6n,
      quotaMode: QuotaMode.HARD,
      periodStartTime: TEST_PERIOD,
      periodEndTime: new Date("2026-04-01T00:00:00Z"),
    },
  });
});

test("overage shows in what is used, and nothing remains", async () => {
  await ledger.setQuota("acct_soft", 10n, "SOFT");
  await ledger.count(
    block(1n, [usage({ accountId: "acct_soft", units: 14 })], { gatewayId: "gateway-b" }),
  );
  expect(await ledger.getQuota({ accountId: "acct_soft" })).toMatchObject({
    quota: { used: 14n, remaining: 0n, quotaMode: QuotaMode.SOFT },
  });
});

test("an account that auth does not know is not found", async () => {
  await expect(ledger.getQuota({ accountId: "acct_nobody" })).rejects.toMatchObject({
    kind: "not_found",
  });
});
