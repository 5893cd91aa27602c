import fc from "fast-check";
import { expect, test } from "vitest";
import { columns, lostBlock, usage } from "../testing/usage.ts";
import { totalsOf } from "./usage-totals.ts";

const at = (time: string) => BigInt(Date.parse(time));

test("records of one minute, key, operation and status are one sum", () => {
  const { minutes } = totalsOf(
    columns([
      usage({ timeMs: at("2026-03-15T10:20:00.000Z"), units: 2 }),
      usage({ timeMs: at("2026-03-15T10:20:59.999Z"), units: 3 }),
      usage({ timeMs: at("2026-03-15T10:21:00.000Z") }),
      usage({ timeMs: at("2026-03-15T10:21:00.000Z"), status: 404, units: 0 }),
      usage({ timeMs: at("2026-03-15T10:21:00.000Z"), keyId: "key_b" }),
      usage({ timeMs: at("2026-03-15T10:21:00.000Z"), operation: "BatchGetLocations" }),
    ]),
  );
  expect(minutes.map(({ requests, units }) => [requests, units])).toEqual([
    [2n, 5n],
    [1n, 1n],
    [1n, 0n],
    [1n, 1n],
    [1n, 1n],
  ]);
  expect(minutes[0]?.minute).toEqual(new Date("2026-03-15T10:20:00Z"));
});

test("units of one lease in two months are two sums; units without a lease are in none", () => {
  const { leases, periods } = totalsOf(
    columns([
      usage({ timeMs: at("2026-03-31T23:59:59.999Z"), leaseNumber: 7n, units: 2 }),
      usage({ timeMs: at("2026-04-01T00:00:00.000Z"), leaseNumber: 7n, units: 3 }),
      usage({ timeMs: at("2026-04-01T00:00:00.000Z"), units: 4 }),
    ]),
  );
  expect(leases.map((lease) => lease.units)).toEqual([2n, 3n]);
  expect(periods.map((period) => period.units)).toEqual([2n, 7n]);
});

test("sums lose and add nothing", () => {
  const record = fc.record({
    timeMs: fc.bigInt({ min: at("2026-01-01"), max: at("2026-12-31") }),
    accountId: fc.constantFrom("acct_a", "acct_b"),
    status: fc.constantFrom(200, 404),
    units: fc.nat(1_000),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 100 }), (fields) => {
      const totals = totalsOf(columns(fields.map((each) => usage(each))));
      const units = fields.reduce((sum, each) => sum + BigInt(each.units), 0n);
      const sum = (parts: readonly { units: bigint }[]) =>
        parts.reduce((all, part) => all + part.units, 0n);
      expect(sum(totals.minutes)).toBe(units);
      expect(sum(totals.periods)).toBe(units);
      const requests = totals.minutes.reduce((all, minute) => all + minute.requests, 0n);
      expect(requests).toBe(BigInt(fields.length));
    }),
  );
});

test("a kind without records, and lost records, are in no sum", () => {
  const none = { minutes: [], periods: [], leases: [] };
  expect(totalsOf({ ...columns([usage()]), kindIndexes: [] })).toMatchObject(none);
  expect(totalsOf(lostBlock(1n, 5))).toMatchObject(none);
});

test("kinds of one minute that differ in units and lease are one row, and the order of records is kept", () => {
  const records = [
    usage({ leaseNumber: 1n }),
    usage({ units: 5, leaseNumber: 2n }),
    usage({ leaseNumber: 1n }),
  ];
  const { minutes, kinds, recordKinds, leases } = totalsOf(columns(records));
  expect(minutes.map(({ requests, units }) => [requests, units])).toEqual([[3n, 7n]]);
  expect(kinds).toEqual([
    { minuteAt: 1, periodAt: 1, units: 1 },
    { minuteAt: 1, periodAt: 1, units: 5 },
  ]);
  expect(recordKinds).toEqual(Buffer.from([0, 0, 1, 0, 0, 0]));
  expect(leases.map(({ leaseNumber, units }) => [leaseNumber, units])).toEqual([
    [1n, 2n],
    [2n, 5n],
  ]);
});
