import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, onTestFinished, test } from "vitest";
import { principalForTest } from "../operations/testing/principal.ts";
import { SILENT } from "../usage/testing/spool.ts";
import { startQuota } from "./quota.ts";
import { accountOf, REFUSED_MS_MAX, START_WALL_MS } from "./testing/account.ts";
import { MeteringModel } from "./testing/metering.ts";

const HOUR_MS = 3_600_000;
const REFUSED = { kind: "unavailable", reason: "CLOCK_WRONG" };
const hard = principalForTest({ plan: { quotaMode: QuotaMode.HARD } });
const soft = principalForTest({ accountId: "acct_b", plan: { quotaMode: QuotaMode.SOFT } });

/** The quota of a gateway that starts so far ahead of metering. */
async function quotaAhead(aheadMs: number) {
  const metering = new MeteringModel(300n);
  const clock = createTestClock(START_WALL_MS + aheadMs);
  const mesh = { aheadMs };
  metering.serverMs = () => clock.wallMs() - mesh.aheadMs;
  const spool = {
    gatewayId: "gw_a",
    epoch: 7n,
    place: Buffer.alloc(32),
    lastSequence: 0,
    durableSequence: 0,
  };
  const quota = startQuota({ leases: metering.client, spool, clock, log: SILENT });
  onTestFinished(() => quota.close());
  await eventually(() => metering.opened.length > 0);
  /** The machine's clock alone is set. */
  const jump = (byMs: number) => {
    clock.setWall(clock.wallMs() + byMs);
    mesh.aheadMs += byMs;
  };
  return { quota, metering, clock, jump };
}

const reserve = async (quota: ReturnType<typeof startQuota>, who = hard) =>
  await quota.reserve(who, 1);

test.each([26 * HOUR_MS, -26 * HOUR_MS, 6_000])(
  "a gateway that is %i ms ahead is not ready, and refuses every plan, until its clock is right",
  async (aheadMs) => {
    const { quota, metering, clock, jump } = await quotaAhead(aheadMs);
    expect(quota.problems()).toMatchObject([{ reason: "clock_wrong" }]);
    for (const who of [hard, soft]) {
      await expect(reserve(quota, who)).rejects.toMatchObject(REFUSED);
      expect(() => quota.reserveNothing(who)).toThrow(expect.objectContaining(REFUSED));
    }
    expect(metering.asked).toEqual([]);
    jump(-aheadMs);
    clock.advance(REFUSED_MS_MAX);
    expect(await reserve(quota)).toMatchObject({ leaseNumber: 1n });
    expect(quota.problems()).toEqual([]);
  },
);

test("a clock that is wrong is compared again without any request", async () => {
  const { quota, metering, jump } = await quotaAhead(26 * HOUR_MS);
  jump(-26 * HOUR_MS);
  await eventually(() => metering.opened.length > 1);
  expect(quota.problems()).toEqual([]);
});

test("a clock that jumps spends nothing of what is in memory, and all of it once it is set back", async () => {
  const { quota, metering, clock, jump } = await quotaAhead(0);
  await reserve(quota);
  for (const byMs of [26 * HOUR_MS, 20 * 24 * HOUR_MS]) {
    jump(byMs);
    await expect(reserve(quota)).rejects.toMatchObject(REFUSED);
    expect(quota.problems()).toMatchObject([{ reason: "clock_wrong" }]);
    jump(-byMs);
    clock.advance(REFUSED_MS_MAX);
    expect(await reserve(quota)).toMatchObject({ leaseNumber: 1n });
  }
  expect(metering.asked).toHaveLength(1);
});

test("a clock that was set wrong and back while nobody asked changes nothing", async () => {
  const { quota, jump } = await quotaAhead(0);
  await reserve(quota);
  jump(26 * HOUR_MS);
  jump(-26 * HOUR_MS);
  expect(quota.reserve(hard, 1)).not.toBeInstanceOf(Promise);
});

test("a grant that tells that the clock is wrong is not spent", async () => {
  const { quota, metering, clock } = await quotaAhead(0);
  metering.serverMs = () => clock.wallMs() - 6_000;
  await expect(reserve(quota)).rejects.toMatchObject(REFUSED);
  expect(metering.granted.size).toBe(1);
  metering.serverMs = () => clock.wallMs();
  clock.advance(REFUSED_MS_MAX);
  expect(await reserve(quota)).toMatchObject({ leaseNumber: 1n });
});

test("a machine that was suspended asks metering before it spends from an old lease", async () => {
  const { quota, metering, clock } = await quotaAhead(0);
  await reserve(quota);
  // Metering's clock went on as well, so that this one is right.
  clock.setWall(clock.wallMs() + HOUR_MS);
  expect(quota.reserve(hard, 1)).toBeInstanceOf(Promise);
  await eventually(() => metering.asked.length === 2);
  expect(quota.problems()).toEqual([]);
});

test("the age of a lease is the larger of what both clocks say", async () => {
  const metering = new MeteringModel(1_000n);
  const { account, clock } = accountOf(metering);
  const isInMemory = () => !(account.reserve(1) instanceof Promise);
  const lifeMs = metering.lifetimeMs * 0.8;
  await account.reserve(1);
  metering.fate = () => "request lost";
  clock.setWall(START_WALL_MS + lifeMs - 1);
  expect(isInMemory()).toBe(true);
  clock.setWall(START_WALL_MS + lifeMs);
  await expect(account.reserve(1)).rejects.toMatchObject({ reason: "METERING_UNAVAILABLE" });
  clock.setWall(START_WALL_MS);
  expect(isInMemory()).toBe(true);
  clock.advance(lifeMs);
  clock.setWall(START_WALL_MS);
  await expect(account.reserve(1)).rejects.toMatchObject({ reason: "METERING_UNAVAILABLE" });
});

test("a clock that is right to a few seconds takes each month's units in that month, by its own time", async () => {
  const { quota, clock, jump } = await quotaAhead(0);
  jump(4_000);
  clock.advance(Date.UTC(2026, 5) - 1 - clock.wallMs());
  const last = await reserve(quota);
  clock.advance(1);
  const first = await reserve(quota);
  expect([last.periodEndMs, first.periodStartMs]).toEqual([Date.UTC(2026, 5), Date.UTC(2026, 5)]);
  expect([last.timeMs, first.timeMs]).toEqual([Date.UTC(2026, 5) - 1, Date.UTC(2026, 5)]);
});
