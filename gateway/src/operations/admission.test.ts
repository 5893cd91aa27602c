import { AppError } from "@geomesh/runtime/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Usage } from "../usage/spool.ts";
import { spoolStandIn } from "../usage/testing/durable.ts";
import type { Admission } from "./admission.ts";
import { ADMISSION_PATHS, admissionsForTest, QUOTA_UNITS } from "./testing/admissions.ts";
import { principalForTest } from "./testing/principal.ts";

const RATES = { keyRate: { requests: 3 }, accountRate: { requests: 5 } } as const;
const PLAN = { ...RATES, batchSizeMax: 10, monthlyQuota: BigInt(QUOTA_UNITS) };
const principal = principalForTest({ plan: PLAN });
const NOBODY = { release: () => undefined, withhold: () => undefined };
const REFUSED_SPOOL = {
  append: () => {
    throw new AppError("USAGE_SPOOL_FULL");
  },
};

describe.each(ADMISSION_PATHS)("a request whose units come %s", (path) => {
  test("is admitted in the same turn only where the lease holds its units", async () => {
    const { take, admitUnits } = admissionsForTest();
    await take(path, principal);
    const admitted = admitUnits(principal, 2);
    expect(admitted instanceof Promise).toBe(path === "after metering");
    await admitted;
  });

  test("is charged once, recorded, settled, and told all limits", async () => {
    const { take, send, unitsLeft, rateLeft, clock } = admissionsForTest();
    await take(path, principal);
    const admission = await send(principal, 4);
    const usage: Usage[] = [];
    admission.record(spoolStandIn(usage), 200, 3, NOBODY);
    expect(usage).toMatchObject([
      { accountId: "acct_a", keyId: principal.key.keyId, status: 200, units: 3, leaseNumber: 1n },
    ]);
    expect(admission.headers(clock.wallMs())["ratelimit"]).toMatch(
      /^"key";r=2;t=1, "account";r=4;t=1, "month";r=99997;t=\d+$/,
    );
    expect(await unitsLeft(principal)).toBe(QUOTA_UNITS - 3);
    expect(rateLeft(principal)).toEqual([2, 4]);
  });

  test("gives all units back where its usage cannot be recorded", async () => {
    const { take, send, unitsLeft } = admissionsForTest();
    await take(path, principal);
    const admission = await send(principal, 4);
    expect(() => admission.record(REFUSED_SPOOL, 200, 4, NOBODY)).toThrow(
      expect.objectContaining({ reason: "USAGE_SPOOL_FULL" }),
    );
    expect(await unitsLeft(principal)).toBe(QUOTA_UNITS);
  });

  test.each([
    ["the size of its batch", 11, undefined, "PLAN_FORBIDDEN"],
    ["what is under way", 1, new AppError("UPSTREAM_UNAVAILABLE"), "UPSTREAM_UNAVAILABLE"],
  ])("is refused for %s, and charged nothing", async (_why, units, problem, reason) => {
    const { take, send, unitsLeft, rateLeft, room } = admissionsForTest();
    await take(path, principal);
    room.full = problem;
    await expect(send(principal, units)).rejects.toMatchObject({ reason });
    expect(rateLeft(principal)).toEqual([3, 5]);
    expect(await unitsLeft(principal)).toBe(QUOTA_UNITS);
  });

  test.each([
    ["its key", "key", [principal, principal, principal]],
    ["its account", "account", ["k1", "k2", "k3", "k4", "k5"].map(keyOf)],
  ])("beyond the rate of %s takes no units", async (_whose, violated, before) => {
    const { take, send, unitsLeft } = admissionsForTest();
    await take(path, principal);
    for (const each of before) await send(each, 1);
    await expect(send(principal, 5)).rejects.toMatchObject({
      reason: "RATE_LIMITED",
      metadata: { violated_policy: violated },
    });
    expect(await unitsLeft(principal)).toBe(QUOTA_UNITS - before.length);
  });

  test("costs what it used, whatever is asked, refused and recorded before it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const { take, send, unitsLeft, rateLeft, room } = admissionsForTest();
        await take(path, principal);
        let [requests, units, underWay] = [0, 0, 0];
        const held: (() => void)[] = [];
        for (const { asked, usedShare, isRefusedBySpool, hasRoom, isHeld } of steps) {
          room.full = hasRoom ? undefined : new AppError("UPSTREAM_UNAVAILABLE");
          const mayPass = hasRoom && asked <= PLAN.batchSizeMax && requests < 3;
          const admission = await send(principal, asked).catch(() => undefined);
          expect(admission !== undefined).toBe(mayPass);
          if (admission === undefined) continue;
          requests += 1;
          const used = Math.floor(usedShare * asked);
          units += isRefusedBySpool ? 0 : used;
          const record = () => recorded(admission, isRefusedBySpool, used);
          if (!isHeld) record();
          else {
            underWay += asked;
            held.push(record);
          }
        }
        expect(room.addresses).toBe(underWay);
        for (const record of held) record();
        expect(room.addresses).toBe(0);
        expect(rateLeft(principal)).toEqual([3 - requests, 5 - requests]);
        expect(await unitsLeft(principal)).toBe(QUOTA_UNITS - units);
      }),
      { numRuns: 60 },
    );
  });
});

const step = fc.record({
  asked: fc.integer({ min: 1, max: 12 }),
  usedShare: fc.double({ min: 0, max: 1, noNaN: true }),
  isRefusedBySpool: fc.boolean(),
  hasRoom: fc.boolean(),
  isHeld: fc.boolean(),
});

function recorded(admission: Admission, isRefusedBySpool: boolean, used: number): void {
  if (!isRefusedBySpool) admission.record(spoolStandIn([]), 200, used, NOBODY);
  else expect(() => admission.record(REFUSED_SPOOL, 200, used, NOBODY)).toThrow();
}

function keyOf(keyId: string) {
  return principalForTest({ plan: PLAN, key: { keyId } });
}

test("who waited for units while others used up the rate is refused, and gives the units back", async () => {
  const { admitUnits, unitsLeft, rateLeft, metering } = admissionsForTest();
  const gate = Promise.withResolvers<void>();
  metering.gate = gate.promise;
  const sent = [1, 2, 3, 4, 5].map((units) => admitUnits(principal, units));
  gate.resolve();
  const outcomes = await Promise.allSettled(sent);
  expect(outcomes.map((each) => each.status)).toEqual([
    ...["fulfilled", "fulfilled", "fulfilled"],
    ...["rejected", "rejected"],
  ]);
  expect(outcomes[4]).toMatchObject({ reason: { reason: "RATE_LIMITED" } });
  expect(rateLeft(principal)).toEqual([0, 2]);
  expect(await unitsLeft(principal)).toBe(QUOTA_UNITS - 1 - 2 - 3);
});

test("who waited for units while the room was taken is refused, and gives the units back", async () => {
  const { admitUnits, unitsLeft, rateLeft, metering, room } = admissionsForTest();
  const gate = Promise.withResolvers<void>();
  metering.gate = gate.promise;
  const sent = admitUnits(principal, 7);
  room.full = new AppError("RATE_LIMITED");
  gate.resolve();
  await expect(sent).rejects.toMatchObject({ reason: "RATE_LIMITED" });
  expect(rateLeft(principal)).toEqual([3, 5]);
  expect(await unitsLeft(principal)).toBe(QUOTA_UNITS);
});

test("a request that the quota refuses leaves the rate as it was", async () => {
  const { send, rateLeft, metering } = admissionsForTest();
  metering.serverMs = () => 0;
  await expect(send(principal, 1)).rejects.toMatchObject({ reason: "CLOCK_WRONG" });
  expect(rateLeft(principal)).toEqual([3, 5]);
});

test("a batch of one is admitted by a plan without batches", async () => {
  const { send } = admissionsForTest();
  const single = principalForTest({ plan: { ...PLAN, batchSizeMax: 0 } });
  await send(single, 1);
  await expect(send(single, 2)).rejects.toMatchObject({
    reason: "PLAN_FORBIDDEN",
  });
});
