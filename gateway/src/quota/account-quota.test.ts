import { expect, test } from "vitest";
import { accountOf, REFUSED_MS_MAX } from "./testing/account.ts";
import { MeteringModel } from "./testing/metering.ts";

const unavailable = { kind: "unavailable", reason: "METERING_UNAVAILABLE", retryAfterMs: 1_000 };
const exhausted = { kind: "resource_exhausted", reason: "QUOTA_EXCEEDED" };
const askedOf = ({ asked }: MeteringModel) =>
  asked.map(({ leaseNumber, unitsKnown }) => [leaseNumber, unitsKnown]);

test("after a lost reply the same lease is asked for, with the units known", async () => {
  const metering = new MeteringModel(100n);
  const { account, clock } = accountOf(metering);
  metering.fate = () => "reply lost";
  await expect(account.reserve(1)).rejects.toMatchObject(unavailable);
  metering.fate = () => "answered";
  clock.advance(REFUSED_MS_MAX);
  await account.reserve(1);
  expect(askedOf(metering)).toEqual([
    [1n, 0n],
    [1n, 0n],
  ]);
  expect(metering.granted.get(1n)).toBe(25n);
});

test("all who wait share one request to metering", async () => {
  const metering = new MeteringModel(10_000n);
  const { account } = accountOf(metering);
  const reservations = await Promise.all(Array.from({ length: 30 }, () => account.reserve(1)));
  expect(new Set(reservations.map(({ leaseNumber }) => leaseNumber))).toEqual(new Set([1n]));
  expect(metering.asked).toHaveLength(1);
});

test("units come from memory, and more are acquired in the background when half is used", async () => {
  const metering = new MeteringModel(10_000n);
  const { account } = accountOf(metering);
  await account.reserve(1);
  const granted = Number(metering.granted.get(1n));
  for (let spent = 1; spent < granted / 2; spent++) {
    expect(account.reserve(1)).not.toBeInstanceOf(Promise);
  }
  expect(metering.asked).toHaveLength(1);
  expect(account.reserve(1)).not.toBeInstanceOf(Promise);
  expect(askedOf(metering)).toEqual([
    [1n, 0n],
    [1n, BigInt(granted)],
  ]);
});

test("a lease is renewed at half of its life, and the last fifth is never used", async () => {
  const metering = new MeteringModel(10_000n);
  const { account, clock } = accountOf(metering);
  await account.reserve(1);
  clock.advance(metering.lifetimeMs * 0.4 - 1);
  account.reserve(1);
  expect(metering.asked).toHaveLength(1);
  clock.advance(1);
  metering.fate = () => "request lost";
  account.reserve(1);
  expect(metering.asked).toHaveLength(2);
  clock.advance(metering.lifetimeMs * 0.4 - 1);
  expect(account.reserve(1)).not.toBeInstanceOf(Promise);
  clock.advance(REFUSED_MS_MAX);
  await expect(account.reserve(1)).rejects.toMatchObject(unavailable);
});

test("the life of a lease counts from the sending of the request, not from the answer", async () => {
  const metering = new MeteringModel(10_000n);
  const { account, clock } = accountOf(metering);
  const { promise, resolve } = Promise.withResolvers<void>();
  metering.gate = promise;
  metering.lifetimeMs = 500;
  const waiting = account.reserve(1);
  clock.advance(390);
  resolve();
  await waiting;
  metering.fate = () => "request lost";
  clock.advance(10);
  await expect(account.reserve(1)).rejects.toMatchObject(unavailable);
});

test("an exhausted quota says when the next month begins, and metering is asked again only later", async () => {
  const metering = new MeteringModel(2n);
  const { account, clock } = accountOf(metering);
  await account.reserve(1);
  await account.reserve(1);
  const retryAfterMs = Date.UTC(2026, 5) - clock.wallMs();
  await expect(account.reserve(1)).rejects.toMatchObject({ ...exhausted, retryAfterMs });
  const { length } = metering.asked;
  await expect(account.reserve(1)).rejects.toMatchObject(exhausted);
  expect(metering.asked).toHaveLength(length);
  clock.advance(REFUSED_MS_MAX);
  await expect(account.reserve(1)).rejects.toMatchObject(exhausted);
  expect(metering.asked).toHaveLength(length + 1);
});

test("a batch larger than any single grant gets several", async () => {
  const metering = new MeteringModel(1_000n);
  metering.grantMax = 16n;
  const { account } = accountOf(metering);
  const batch = await account.reserve(500);
  expect(batch.leaseNumber).toBe(1n);
  expect(metering.granted.get(1n)).toBeGreaterThanOrEqual(500n);
});

test("a batch beyond what is left is refused, and smaller ones still get it", async () => {
  const { account } = accountOf(new MeteringModel(10n));
  await expect(account.reserve(11)).rejects.toMatchObject(exhausted);
  await account.reserve(10);
});

test("a lease holds the burst of the plan, so that one after a pause waits for a single grant", async () => {
  const metering = new MeteringModel(10_000n);
  const { account } = accountOf(metering);
  const burst = 500;
  await account.reserve(1, () => burst);
  const others = Array.from({ length: burst - 1 }, () => account.reserve(1, () => burst));
  expect(others.filter((reserved) => reserved instanceof Promise)).toEqual([]);
  expect(metering.asked[0]).toMatchObject({ unitsWanted: 500n });
});
