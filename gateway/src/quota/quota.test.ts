import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import { AppError } from "@geomesh/runtime/errors";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, onTestFinished, test } from "vitest";
import { SILENT } from "../usage/testing/spool.ts";
import { startQuota } from "./quota.ts";
import { REFUSED_MS_MAX, START_WALL_MS } from "./testing/account.ts";
import { MeteringModel } from "./testing/metering.ts";

const { HARD, SOFT } = QuotaMode;

function principal(accountId: string, quotaMode: QuotaMode) {
  return {
    key: create(KeySchema, { keyId: "key_a", accountId }),
    account: create(AccountSchema, { accountId, planId: "plan_a" }),
    plan: create(PlanSchema, { planId: "plan_a", monthlyQuota: 40n, quotaMode }),
  };
}

function quotaOver(metering: MeteringModel) {
  const clock = createTestClock(START_WALL_MS);
  const quota = startQuota({
    leases: metering.client,
    spool: {
      gatewayId: "gw_a",
      epoch: 7n,
      place: Buffer.alloc(32),
      lastSequence: 17,
      durableSequence: 17,
    },
    clock,
    log: SILENT,
  });
  onTestFinished(() => quota.close());
  return { quota, clock };
}

test("without metering a hard plan is refused, and a soft plan continues without a lease", async () => {
  const metering = new MeteringModel(40n);
  metering.fate = () => "request lost";
  const { quota, clock } = quotaOver(metering);
  const refused = { kind: "unavailable", reason: "METERING_UNAVAILABLE" };
  await expect(quota.reserve(principal("acct_a", HARD), 1)).rejects.toMatchObject(refused);
  const reservation = await quota.reserve(principal("acct_b", SOFT), 1);
  expect(reservation).toMatchObject({
    leaseNumber: 0n,
    limit: 40n,
    remaining: 0n,
    timeMs: clock.wallMs(),
    periodStartMs: Date.UTC(2026, 4),
    periodEndMs: Date.UTC(2026, 5),
  });
  reservation.settle(1, 5n);
});

test("without an open epoch a hard plan is refused, and a soft plan goes on without a lease", async () => {
  const metering = new MeteringModel(40n);
  metering.openRefusal = new AppError("UPSTREAM_UNAVAILABLE");
  const { quota, clock } = quotaOver(metering);
  const hard = principal("acct_a", HARD);
  const refused = { kind: "unavailable", reason: "METERING_UNAVAILABLE" };
  await expect(quota.reserve(hard, 1)).rejects.toMatchObject(refused);
  expect(await quota.reserve(principal("acct_b", SOFT), 1)).toMatchObject({ leaseNumber: 0n });
  expect([metering.asked, quota.problems()]).toMatchObject([[], [{ reason: "epoch_not_open" }]]);

  metering.openRefusal = undefined;
  await eventually(() => expect(metering.opened).toHaveLength(1));
  clock.advance(REFUSED_MS_MAX);
  expect(await quota.reserve(hard, 1)).toMatchObject({ leaseNumber: 1n });
  expect(metering.asked).toMatchObject([{ nonce: metering.opened[0] }]);
});

const HOLDER = { epoch: 6n, heardTime: timestampFromMs(1_000) };
test.each([
  ["runs on a copied directory", "directory_copied", { openRefusal: new AppError("EPOCH_TAKEN") }],
  ["may do so", "epoch_not_open", { holder: HOLDER }],
])(
  "a gateway that %s refuses every plan, and says that it is not ready",
  async (_, reason, state) => {
    const metering = Object.assign(new MeteringModel(40n), state);
    const { quota } = quotaOver(metering);
    await eventually(() => expect(metering.openAsked).toBeGreaterThan(0));
    await eventually(() => expect(quota.problems()).toMatchObject([{ reason }]));
    const refused = { kind: "unavailable", reason: "METERING_UNAVAILABLE" };
    for (const mode of [HARD, SOFT]) {
      await expect(quota.reserve(principal("acct_a", mode), 1)).rejects.toMatchObject(refused);
    }
    expect(metering.asked).toEqual([]);
  },
);

test("accounts spend from leases of their own", async () => {
  const metering = new MeteringModel(40n);
  const { quota } = quotaOver(metering);
  const [a, b] = ["acct_a", "acct_b"].map((accountId) => principal(accountId, HARD));
  if (a === undefined || b === undefined) throw new Error("no principals");
  const numbers = [await quota.reserve(a, 1), await quota.reserve(b, 1), await quota.reserve(a, 1)];
  expect(numbers.map(({ leaseNumber }) => leaseNumber)).toEqual([1n, 2n, 1n]);
  expect(metering.asked.map(({ accountId }) => accountId)).toEqual(["acct_a", "acct_b"]);
  expect(metering.asked[0]).toMatchObject({ gatewayId: "gw_a", epoch: 7n });
});

test("remaining goes down with every unit taken and up with every unit given back", async () => {
  const { quota } = quotaOver(new MeteringModel(40n));
  const account = principal("acct_a", HARD);
  const first = await quota.reserve(account, 3);
  expect([first.limit, first.remaining]).toEqual([40n, 37n]);
  first.settle(1, 1n);
  expect(first.remaining).toBe(39n);
});

test("an unused lease is released by itself", async () => {
  const metering = new MeteringModel(40n);
  const { quota, clock } = quotaOver(metering);
  const reservation = await quota.reserve(principal("acct_a", HARD), 1);
  reservation.settle(1, 17n);
  clock.advance(60_000);
  await eventually(() => expect(metering.released).toHaveLength(1));
  expect(metering.released).toEqual([
    { gatewayId: "gw_a", epoch: 7n, leaseNumber: 1n, lastSequence: 17n, nonce: metering.opened[0] },
  ]);
});
