import { AppError } from "@geomesh/runtime/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { accountOf, REFUSED_MS_MAX } from "./testing/account.ts";
import { type Fate, MeteringModel } from "./testing/metering.ts";

const step = fc.record({
  units: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
  /** Share of the units that turns out to be used. */
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  fate: fc.constantFrom<Fate>("answered", "answered", "request lost", "reply lost"),
  passMs: fc.constantFrom(0, 1, 300, 700, 20_000, 70_000),
  isHeld: fc.boolean(),
  isSwept: fc.boolean(),
});

/** A gateway and its metering, with the units that were admitted and not given back, in all and by lease. */
function modelOf(quota: number) {
  const metering = new MeteringModel(BigInt(quota));
  const { account, clock, over } = accountOf(metering);
  const admittedBy = new Map<bigint, bigint>();
  const add = (lease: bigint, units: number) =>
    admittedBy.set(lease, (admittedBy.get(lease) ?? 0n) + BigInt(units));
  return {
    ...{ metering, clock },
    admitted: () => Number([...admittedBy.values()].reduce((sum, units) => sum + units, 0n)),
    /** Undefined when refused, else settles the reservation with so many units. */
    async reserve(units: number) {
      const reservation = await Promise.resolve(account.reserve(units)).catch((error) => {
        expect(error).toBeInstanceOf(AppError);
      });
      if (reservation === undefined) return undefined;
      add(reservation.leaseNumber, units);
      return (unitsUsed: number) => {
        add(reservation.leaseNumber, unitsUsed - units);
        reservation.settle(unitsUsed, 0n);
      };
    },
    sweep() {
      account.sweep();
      for (const { leaseNumber, period } of over.splice(0)) {
        metering.giveBack(leaseNumber, period.startMs, admittedBy.get(leaseNumber) ?? 0n);
      }
    },
  };
}

test("units admitted never exceed the quota, and all of it can be used to the last unit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(500), fc.array(step, { maxLength: 60 }), async (quota, steps) => {
      const { metering, clock, admitted, reserve, sweep } = modelOf(quota);
      const held: (() => void)[] = [];
      for (const { units, share, fate, passMs, isHeld, isSwept } of steps) {
        metering.fate = () => fate;
        clock.advance(passMs);
        if (isSwept) sweep();
        const settle = await reserve(units);
        expect(admitted()).toBeLessThanOrEqual(quota);
        const settleAll = () => settle?.(Math.floor(share * units));
        if (isHeld) held.push(settleAll);
        else settleAll();
      }
      for (const settle of held) settle();
      metering.fate = () => "answered";
      for (let refusals = 0; refusals < 2; ) {
        const settle = await reserve(1);
        settle?.(1);
        if (settle !== undefined) continue;
        refusals += 1;
        // As once a second: a lease that held too much was given up.
        sweep();
        clock.advance(REFUSED_MS_MAX);
      }
      expect(admitted()).toBe(quota);
    }),
    { numRuns: 300 },
  );
});
