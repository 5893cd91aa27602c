import { expect, test } from "vitest";
import { accountOf, REFUSED_MS_MAX } from "./testing/account.ts";
import { MeteringModel } from "./testing/metering.ts";

const numbersOf = (leases: readonly { leaseNumber: bigint; lastSequence: bigint }[]) =>
  leases.map(({ leaseNumber, lastSequence }) => [leaseNumber, lastSequence]);

test("an idle lease ends only after its last request was settled, with the last record's sequence", async () => {
  const { account, clock, over } = accountOf(new MeteringModel(1_000n));
  const [slow, quick] = [await account.reserve(1), await account.reserve(1)];
  quick.settle(1, 9n);
  clock.advance(60_000);
  expect([account.sweep(), over]).toEqual([false, []]);
  slow.settle(1, 12n);
  expect(account.sweep()).toBe(true);
  expect(numbersOf(over)).toEqual([[1n, 12n]]);
  expect(account.sweep()).toBe(true);
  expect(over).toHaveLength(1);
});

test("a lease that has not expired is kept, and the one after it has a new number", async () => {
  const metering = new MeteringModel(1_000n);
  const { account, clock, over } = accountOf(metering);
  (await account.reserve(1)).settle(1, 1n);
  expect([account.sweep(), over]).toEqual([false, []]);
  clock.advance(60_000);
  account.sweep();
  expect((await account.reserve(1)).leaseNumber).toBe(2n);
});

test("a new month is a new lease; the old one ends when its last request is settled", async () => {
  const metering = new MeteringModel(1_000n);
  const { account, clock, over } = accountOf(metering);
  clock.setWall(Date.UTC(2026, 4, 31, 23, 59, 59, 999));
  const old = await account.reserve(1);
  clock.advance(1);
  const next = await account.reserve(1);
  expect([old.leaseNumber, next.leaseNumber]).toEqual([1n, 2n]);
  expect([old.periodEndMs, next.periodStartMs]).toEqual([Date.UTC(2026, 5), Date.UTC(2026, 5)]);
  expect(old.timeMs).toBeLessThan(old.periodEndMs);
  expect([account.sweep(), over]).toEqual([false, []]);
  old.settle(1, 30n);
  account.sweep();
  expect(numbersOf(over)).toEqual([[1n, 30n]]);
});

test("an exhausted month does not refuse requests of the next", async () => {
  const metering = new MeteringModel(1n);
  const { account, clock } = accountOf(metering);
  clock.setWall(Date.UTC(2026, 5) - 2 * REFUSED_MS_MAX);
  await account.reserve(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  metering.gate = promise;
  const early = account.reserve(1);
  clock.advance(2 * REFUSED_MS_MAX);
  const late = account.reserve(1);
  resolve();
  const outcomes = await Promise.allSettled([early, late]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find(({ status }) => status === "fulfilled")).toMatchObject({
    value: { leaseNumber: 2n },
  });
});

test("a lease is not released while metering is asked for it", async () => {
  const metering = new MeteringModel(1_000n);
  const { account, clock, over } = accountOf(metering);
  const { promise, resolve } = Promise.withResolvers<void>();
  metering.gate = promise;
  clock.setWall(Date.UTC(2026, 5) - 1);
  const waiting = account.reserve(1);
  clock.advance(1);
  const next = account.reserve(1);
  expect([account.sweep(), over]).toEqual([false, []]);
  resolve();
  await Promise.all([waiting, next]);
  account.sweep();
  expect(numbersOf(over)).toEqual([[1n, 0n]]);
});

test("the time of a record is in the month of its lease, although the clock advances meanwhile", async () => {
  const metering = new MeteringModel(1_000n);
  const { account, clock } = accountOf(metering);
  clock.setWall(Date.UTC(2026, 5) - 1);
  await account.reserve(1);
  let reads = 0;
  clock.wallMs = () => Date.UTC(2026, 5) - 1 + reads++;
  const reservation = await account.reserve(1);
  expect(reservation.timeMs).toBeGreaterThanOrEqual(reservation.periodStartMs);
  expect(reservation.timeMs).toBeLessThan(reservation.periodEndMs);
});

test("a lease that metering has forgotten is followed by another once it has expired", async () => {
  const metering = new MeteringModel(1_000n);
  const { account, clock } = accountOf(metering);
  (await account.reserve(1)).settle(1, 1n);
  metering.granted.clear();
  clock.advance(metering.lifetimeMs);
  await expect(account.reserve(1)).rejects.toMatchObject({ reason: "METERING_UNAVAILABLE" });
  account.sweep();
  clock.advance(REFUSED_MS_MAX);
  expect((await account.reserve(1)).leaseNumber).toBe(2n);
});
