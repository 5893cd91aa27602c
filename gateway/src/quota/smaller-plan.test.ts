import { expect, test } from "vitest";
import { accountOf, REFUSED_MS_MAX, START_MONTH_MS } from "./testing/account.ts";
import { MeteringModel } from "./testing/metering.ts";

const EXCEEDED = { reason: "QUOTA_EXCEEDED" };
/** Half of the life of a lease that may be used, after which it is renewed. */
const RENEWED_MS = 25_000;
const BURST = () => 100;

/** An account whose gateway has spent one unit of a lease for a hundred. */
async function leased(metering: MeteringModel) {
  const gateway = accountOf(metering);
  await gateway.account.reserve(1, BURST);
  expect(gateway.account.leasedUnits).toBeGreaterThan(50n);
  return gateway;
}

/** Spends a unit, by which the gateway hears of the plan of now. */
async function renew(
  { account, clock }: Awaited<ReturnType<typeof leased>>,
  metering: MeteringModel,
) {
  const asked = metering.asked.length;
  clock.advance(RENEWED_MS);
  await account.reserve(1, BURST);
  expect(metering.asked).toHaveLength(asked + 1);
  await new Promise(setImmediate);
}

test("of a lease by a larger plan no more is spent than a smaller one has left", async () => {
  const metering = new MeteringModel(1_000n);
  const gateway = await leased(metering);
  metering.setQuota(4n);
  await renew(gateway, metering);
  const { account } = gateway;
  expect(account.leasedUnits).toBe(2n);
  await account.reserve(1, BURST);
  await expect(account.reserve(2, BURST)).rejects.toMatchObject(EXCEEDED);
  await account.reserve(1, BURST);
  await expect(account.reserve(1, BURST)).rejects.toMatchObject(EXCEEDED);
});

test("what others use of a smaller plan counts too", async () => {
  const metering = new MeteringModel(1_000n);
  const gateway = await leased(metering);
  metering.useElsewhere(START_MONTH_MS, 5n);
  metering.setQuota(8n);
  await renew(gateway, metering);
  expect(gateway.account.leasedUnits).toBe(1n);
});

test("with less quota than is used nothing is spent, and once there is more again all of the lease", async () => {
  const metering = new MeteringModel(1_000n);
  const gateway = await leased(metering);
  const { account, clock } = gateway;
  const before = account.leasedUnits ?? 0n;
  metering.setQuota(0n);
  await renew(gateway, metering);
  expect(account.leasedUnits).toBe(0n);
  await expect(account.reserve(1, BURST)).rejects.toMatchObject(EXCEEDED);
  metering.setQuota(1_000n);
  clock.advance(REFUSED_MS_MAX);
  await account.reserve(1, BURST);
  expect(account.leasedUnits).toBeGreaterThanOrEqual(before - 2n);
});

test("a soft plan that becomes smaller refuses nothing", async () => {
  const metering = new MeteringModel(1_000n);
  metering.isSoft = true;
  const gateway = await leased(metering);
  metering.setQuota(1n);
  await renew(gateway, metering);
  for (let more = 0; more < 20; more++) await gateway.account.reserve(1, BURST);
});
