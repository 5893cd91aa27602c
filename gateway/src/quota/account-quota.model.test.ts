import { AppError } from "@geomesh/runtime/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { accountOf, REFUSED_MS_MAX } from "./testing/account.ts";
import { type Fate, MeteringModel } from "./testing/metering.ts";

const step = fc.record({
  units: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
  /** Share of the units that turns out to be used. */
  used: fc.double({ min: 0, max: 1, noNaN: true }),
  fate: fc.constantFrom<Fate>("answered", "answered", "request lost", "reply lost"),
  passMs: fc.constantFrom(0, 1, 300, 700, 20_000, 70_000),
  isHeld: fc.boolean(),
});

test("units admitted never exceed the quota, and all of it can be used to the last unit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(500), fc.array(step, { maxLength: 60 }), async (quota, steps) => {
      const metering = new MeteringModel(BigInt(quota));
      const { account, clocks } = accountOf(metering);
      let admitted = 0;
      const held: (() => void)[] = [];
      for (const { units, used, fate, passMs, isHeld } of steps) {
        metering.fate = () => fate;
        clocks.pass(passMs);
        const reservation = await Promise.resolve(account.reserve(units)).catch(refused);
        if (reservation === undefined) continue;
        admitted += units;
        expect(admitted).toBeLessThanOrEqual(quota);
        const settle = () => {
          const unitsUsed = Math.floor(used * units);
          admitted -= units - unitsUsed;
          reservation.settle(unitsUsed, 0n);
        };
        if (isHeld) held.push(settle);
        else settle();
      }
      for (const settle of held) settle();
      metering.fate = () => "answered";
      for (let refusals = 0; refusals < 2; ) {
        const reservation = await Promise.resolve(account.reserve(1)).catch(refused);
        if (reservation === undefined) {
          refusals += 1;
          clocks.pass(REFUSED_MS_MAX);
        } else {
          admitted += 1;
          reservation.settle(1, 0n);
        }
      }
      expect(admitted).toBe(quota);
    }),
    { numRuns: 300 },
  );
});

function refused(error: unknown): undefined {
  expect(error).toBeInstanceOf(AppError);
}
