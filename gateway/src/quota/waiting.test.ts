import { describe, expect, test } from "vitest";
import { accountOf, REFUSED_MS_MAX, START_MONTH_MS } from "./testing/account.ts";
import { MeteringModel } from "./testing/metering.ts";

const usedUp = { kind: "resource_exhausted", reason: "QUOTA_EXCEEDED" };
const lent = { kind: "unavailable", reason: "QUOTA_LENT" };

/** Units that are lent to gateways and not taken, by what metering granted. */
const lentBy = ({ granted }: MeteringModel) => [...granted.values()].reduce((a, b) => a + b, 0n);

describe("a request that cannot be served", () => {
  test("holds nothing, and says how much is left", async () => {
    const metering = new MeteringModel(1_000n);
    metering.useElsewhere(START_MONTH_MS, 1n);
    const { account, clock } = accountOf(metering);
    const retryAfterMs = Date.UTC(2026, 5) - clock.wallMs();
    await expect(account.reserve(1_000)).rejects.toMatchObject({ ...usedUp, retryAfterMs });
    await expect(account.reserve(1_000)).rejects.toThrow(
      "999 units are left of the quota of this month, and this request may need 1000",
    );
    expect(lentBy(metering)).toBe(0n);
    expect(metering.asked).toMatchObject([{ unitsNeeded: 1_000n }]);
  });

  test("does not keep a lease alive", async () => {
    const metering = new MeteringModel(100n);
    const { account, clock, over } = accountOf(metering);
    (await account.reserve(1)).settle(1, 1n);
    for (let asked = 0; asked < 8; asked += 1) {
      clock.advance(metering.lifetimeMs * 0.1);
      await expect(account.reserve(1_000)).rejects.toMatchObject(usedUp);
    }
    expect(account.sweep()).toBe(true);
    expect(over).toHaveLength(1);
  });

  test("is told to come back within the life of a lease where enough is left, but lent elsewhere", async () => {
    const metering = new MeteringModel(1_000n);
    metering.lendElsewhere(START_MONTH_MS, 600n);
    const { account, clock } = accountOf(metering);
    const retryAfterMs = metering.lifetimeMs;
    await expect(account.reserve(500)).rejects.toMatchObject({ ...lent, retryAfterMs });
    metering.lendElsewhere(START_MONTH_MS, -600n);
    clock.advance(REFUSED_MS_MAX);
    await account.reserve(500);
  });

  test("is told the same while a batch under way may give units back, and not after it did not", async () => {
    const { account, clock } = accountOf(new MeteringModel(1_000n));
    const batch = await account.reserve(600);
    await expect(account.reserve(500)).rejects.toMatchObject(lent);
    batch.settle(600, 1n);
    await expect(account.reserve(500)).rejects.toMatchObject(usedUp);
    clock.advance(REFUSED_MS_MAX);
    await account.reserve(400);
  });
});

test("a refusal stands for needs at least as large, never for smaller ones", async () => {
  const metering = new MeteringModel(1_000n);
  metering.lendElsewhere(START_MONTH_MS, 900n);
  const { account } = accountOf(metering);
  const needs = () => metering.asked.map(({ unitsNeeded }) => unitsNeeded);
  await expect(account.reserve(500)).rejects.toMatchObject(lent);
  await expect(account.reserve(500)).rejects.toMatchObject(lent);
  await expect(account.reserve(600)).rejects.toMatchObject(lent);
  expect(needs()).toEqual([500n]);
  await expect(account.reserve(499)).rejects.toMatchObject(lent);
  await account.reserve(50);
  expect(needs()).toEqual([500n, 499n, 50n]);
  // What was granted meanwhile left less for it.
  await expect(account.reserve(600)).rejects.toMatchObject(lent);
  expect(needs()).toEqual([500n, 499n, 50n]);
});

test("who waits is served in order, and who is served from memory does not wait", async () => {
  const metering = new MeteringModel(10_000n);
  const { account } = accountOf(metering);
  await account.reserve(1);
  const gate = Promise.withResolvers<void>();
  metering.gate = gate.promise;
  const served: number[] = [];
  const waiting = [400, 100, 300, 200].map(async (units) => {
    await account.reserve(units);
    served.push(units);
  });
  expect(account.reserve(1)).not.toBeInstanceOf(Promise);
  gate.resolve();
  await Promise.all(waiting);
  expect(served).toEqual([400, 100, 300, 200]);
});

test("a batch that others take the units of is granted the rest, as a whole", async () => {
  const metering = new MeteringModel(10_000n);
  metering.grantMax = 1n;
  const { account } = accountOf(metering);
  await account.reserve(10);
  const gate = Promise.withResolvers<void>();
  metering.gate = gate.promise;
  const batch = account.reserve(500);
  gate.resolve();
  expect((await batch).leaseNumber).toBe(1n);
  expect(metering.granted.get(1n)).toBe(510n);
});

test.each(["through the same gateway", "through another one"])(
  "however often batches are repeated that cannot fit, single requests get the whole quota: %s",
  async (where) => {
    const metering = new MeteringModel(1_000n);
    metering.useElsewhere(START_MONTH_MS, 1n);
    const a = accountOf(metering);
    const { clock } = a;
    const other = accountOf(metering, { clock, lastLeaseNumber: 1_000n });
    const b = where === "through the same gateway" ? a : other;
    let answered = 0;
    while (answered < 999) {
      const batch = a.account.reserve(1_000);
      const single = b.account.reserve(1);
      await expect(batch).rejects.toMatchObject({ reason: expect.stringMatching(/^QUOTA_/) });
      (await single).settle(1, 1n);
      answered += 1;
      clock.advance(100);
    }
    await expect(b.account.reserve(1)).rejects.toMatchObject(usedUp);
  },
);

test("a gateway that is asked now and then does not collect the quota", async () => {
  const metering = new MeteringModel(10_000n);
  const { account, clock } = accountOf(metering);
  for (let used = 1; used <= 200; used += 1) {
    (await account.reserve(1)).settle(1, BigInt(used));
    expect(lentBy(metering) - BigInt(used)).toBeLessThanOrEqual(32n);
    clock.advance(metering.lifetimeMs * 0.4);
  }
});

test("what was lent for a rush returns after it, though the account is asked for all the time", async () => {
  const metering = new MeteringModel(1_000_000n);
  metering.lifetimeMs = 10_000;
  const { account, clock, over } = accountOf(metering);
  const burst = 5_000;
  (await account.reserve(1, () => burst)).settle(1, 1n);
  for (let i = 0; i < 20 && over.length === 0; i += 1) {
    clock.advance(2_000);
    (await account.reserve(1)).settle(1, 2n);
    account.sweep();
  }
  expect(over.map(({ free }) => free > 4_900n)).toEqual([true]);
  expect((await account.reserve(1)).leaseNumber).toBe(2n);
  expect(metering.granted.get(2n)).toBe(32n);
});

test("what a lease holds too much is spent after all where nothing else is left", async () => {
  const metering = new MeteringModel(1_000n);
  const { account, clock } = accountOf(metering);
  (await account.reserve(1_000)).settle(0, 1n);
  clock.advance(metering.lifetimeMs);
  expect((await account.reserve(1)).leaseNumber).toBe(1n);
});

test("the least size of a lease is shared among the workers", async () => {
  const metering = new MeteringModel(10_000n);
  const { account } = accountOf(metering, { workers: 4 });
  await account.reserve(1);
  expect(metering.asked).toMatchObject([{ unitsWanted: 8n }]);
});
