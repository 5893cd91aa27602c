import fc from "fast-check";
import { expect, test } from "vitest";
import { TEST_TIME, usage } from "../testing/usage.ts";
import { runsOf } from "./usage-runs.ts";

const minuteStartMs = Math.floor(TEST_TIME.getTime() / 60_000) * 60_000;
const like = usage({ timeMs: BigInt(minuteStartMs) });

test.each([
  ["another account", { accountId: "acct_b" }],
  ["another key", { keyId: "key_b" }],
  ["another operation", { operation: "BatchGetLocations" }],
  ["another status", { status: 404 }],
  ["another lease", { leaseNumber: 1n }],
  ["the minute after", { timeMs: like.timeMs + 60_000n }],
  ["the minute before", { timeMs: like.timeMs - 1n }],
])("a record of %s is a run of its own", (_, fields) => {
  const runs = runsOf([like, usage({ ...like, ...fields }), like]);
  expect(runs.map(({ requests }) => requests)).toEqual([1, 1, 1]);
});

test("records that differ in units and in time within a minute are one run", () => {
  const last = usage({ ...like, timeMs: like.timeMs + 59_999n, units: 3 });
  expect(runsOf([last, like, last])).toEqual([
    { first: last, minuteStartMs, requests: 3, units: 7 },
  ]);
});

test("runs hold every record once, and each run only records that are like its first", () => {
  const record = fc.record({
    timeMs: fc.integer({ min: -2, max: 2 }).map((ms) => like.timeMs + BigInt(ms)),
    accountId: fc.constantFrom("acct_a", "acct_b"),
    units: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(record.map(usage), { maxLength: 60 }), (records) => {
      let start = 0;
      for (const { first, requests, units, ...run } of runsOf(records)) {
        const held = records.slice(start, start + requests);
        expect(held[0]).toBe(first);
        expect(units).toBe(held.reduce((sum, each) => sum + each.units, 0));
        for (const { accountId, timeMs } of held) {
          expect(accountId).toBe(first.accountId);
          expect(timeMs / 60_000n).toBe(BigInt(run.minuteStartMs) / 60_000n);
        }
        start += requests;
      }
      expect(start).toBe(records.length);
    }),
  );
});
