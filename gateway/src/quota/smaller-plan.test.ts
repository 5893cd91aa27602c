import { expect, test } from "vitest";
import type { AccountQuota } from "./account-quota.ts";
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

/** Asks for a unit so many times. Answers how many it got, by the number of their leases, all of which are used. */
async function spend(account: AccountQuota, times: number, hardUnits: bigint) {
  const spent: bigint[] = [];
  for (let asked = 0; asked < times; asked++) {
    try {
      const reservation = await account.reserve(1, BURST, hardUnits);
      reservation.settle(1, 1n);
      spent.push(reservation.leaseNumber);
    } catch (error) {
      expect(error).toMatchObject({ reason: expect.stringMatching(/^QUOTA_(EXCEEDED|LENT)$/) });
    }
  }
  return spent;
}

test("gateways that hear of a smaller plan spend no more of it together than it has", async () => {
  const metering = new MeteringModel(1_000n);
  const gateways = [accountOf(metering), accountOf(metering, { lastLeaseNumber: 100n })];
  const spent: bigint[] = [];
  for (const { account } of gateways) spent.push(...(await spend(account, 1, 1_000n)));
  metering.setQuota(20n);
  for (let round = 0; round < 5; round++) {
    for (const { account, clock, over } of gateways) {
      spent.push(...(await spend(account, 30, 20n)));
      account.sweep();
      for (const { leaseNumber } of over.splice(0)) {
        const used = spent.filter((each) => each === leaseNumber).length;
        metering.giveBack(leaseNumber, START_MONTH_MS, BigInt(used));
      }
      clock.advance(REFUSED_MS_MAX);
    }
  }
  expect(spent).toHaveLength(20);
});

test("a lease is given up once for a smaller plan that metering does not know yet", async () => {
  const metering = new MeteringModel(1_000n);
  const { account, over } = accountOf(metering);
  await spend(account, 1, 1_000n);
  await spend(account, 20, 20n);
  account.sweep();
  expect([over.map(({ leaseNumber }) => leaseNumber), metering.asked.length]).toEqual([[1n], 2]);
});
