import { QueryUsageRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { Granularity } from "@geomesh/proto/grpc/geomesh/metering/v1/usage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, usage } from "../testing/usage.ts";

const MINUTE_MS = 60_000;
const YEAR_MS = Date.UTC(2026, 0);

let ledger: Ledger;
/** Every 19 minutes of a year and a bit, each with a number of units of its own. */
const counted = Array.from({ length: 29_000 }, (_, index) => ({
  timeMs: YEAR_MS - 3 * 86_400_000 + index * 19 * MINUTE_MS,
  units: (index * 7919) % 1_000,
}));

beforeAll(async () => {
  ledger = await openLedger(new Date("2027-02-01T00:00:00Z"));
  await ledger.setQuota("acct_a", 1_000n);
  for (let first = 0; first < counted.length; first += 500) {
    const records = counted
      .slice(first, first + 500)
      .map(({ timeMs, units }) => usage({ timeMs: BigInt(timeMs), units }));
    await ledger.count(block(BigInt(first + 1), records));
  }
});

afterAll(() => ledger.close());

/** The units by what a calendar on a wall there shows, summed by hand. */
function sumsByHand(timeZone: string, length: number) {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  const sums = new Map<string, bigint>();
  for (const { timeMs, units } of counted) {
    const shown = format.format(timeMs).slice(0, length);
    sums.set(shown, (sums.get(shown) ?? 0n) + BigInt(units));
  }
  return { format, sums };
}

const CALENDARS = [
  [Granularity.DAY, "2026-03-29".length, "day"],
  [Granularity.MONTH, "2026-03".length, "month"],
] as const;
const ZONES = [
  ["UTC", "the default"],
  ["Asia/Kolkata", "half an hour off"],
  ["Europe/London", "clocks change at 1 and 2 in the night"],
  ["America/New_York", "clocks change at 2 in the night, on other days"],
  ["Australia/Lord_Howe", "clocks change by half an hour"],
  ["America/Havana", "clocks are set back over midnight, and forward at midnight"],
  ["Africa/Cairo", "clocks are set forward at midnight"],
  ["CET", "a zone with summer time, whose name is an abbreviation without it too"],
  ["europe/london", "spelled in another way"],
] as const;
const cases = ZONES.flatMap(([zone, why]) =>
  CALENDARS.map(([granularity, length, name]) => ({ zone, why, granularity, length, name })),
);

test.each(cases)("usage by $name in $zone is the minutes summed by hand: $why", async (each) => {
  const { zone: timeZone, granularity, length } = each;
  const { format, sums } = sumsByHand(timeZone, length);
  const { rows } = await ledger.queryUsage(
    QueryUsageRequest.fromPartial({
      accountId: "acct_a",
      startTime: new Date(YEAR_MS - 5 * 86_400_000),
      endTime: new Date("2027-02-01T00:00:00Z"),
      granularity,
      timeZone,
      includeEmpty: true,
    }),
  );
  const used = rows.filter(({ units }) => units > 0n);
  expect(
    used.map(({ startTime, units }) => [format.format(startTime).slice(0, length), units]),
  ).toEqual([...sums].filter(([, units]) => units > 0n));
  for (const [index, { startTime, endTime }] of rows.entries()) {
    const startMs = startTime?.getTime() ?? 0;
    const endMs = endTime?.getTime() ?? 0;
    const inside = ({ timeMs }: { timeMs: number }) => timeMs >= startMs && timeMs < endMs;
    const byRange = counted.filter(inside).reduce((sum, { units }) => sum + BigInt(units), 0n);
    expect(rows[index]?.units, `${startTime?.toISOString()}`).toBe(byRange);
    if (index > 0) expect(startTime).toEqual(rows[index - 1]?.endTime);
  }
});

test("a day on which clocks change has 23 or 25 hours", async () => {
  const days = async (timeZone: string, from: string) => {
    const startTime = new Date(from);
    const endTime = new Date(startTime.getTime() + 1);
    const asked = { accountId: "acct_a", startTime, endTime, timeZone, includeEmpty: true };
    const { rows } = await ledger.queryUsage(QueryUsageRequest.fromPartial(asked));
    const [{ startTime: start, endTime: end } = {}] = rows;
    return [start?.toISOString(), ((end?.getTime() ?? 0) - (start?.getTime() ?? 0)) / 3_600_000];
  };
  expect(await days("Europe/London", "2026-03-29T12:00:00Z")).toEqual([
    "2026-03-29T00:00:00.000Z",
    23,
  ]);
  expect(await days("Europe/London", "2026-10-25T12:00:00Z")).toEqual([
    "2026-10-24T23:00:00.000Z",
    25,
  ]);
  expect(await days("America/New_York", "2026-03-08T12:00:00Z")).toEqual([
    "2026-03-08T05:00:00.000Z",
    23,
  ]);
  expect(await days("America/New_York", "2026-11-01T12:00:00Z")).toEqual([
    "2026-11-01T04:00:00.000Z",
    25,
  ]);
  expect(await days("America/Havana", "2026-11-01T04:30:00Z")).toEqual([
    "2026-11-01T04:00:00.000Z",
    25,
  ]);
  expect(await days("Asia/Kolkata", "2026-03-29T12:00:00Z")).toEqual([
    "2026-03-28T18:30:00.000Z",
    24,
  ]);
});

test("hours are those of UTC in any zone, so that none is half", async () => {
  const asked = QueryUsageRequest.fromPartial({
    accountId: "acct_a",
    startTime: new Date("2026-03-29T00:00:00Z"),
    endTime: new Date("2026-03-29T06:00:00Z"),
    granularity: Granularity.HOUR,
  });
  const { rows } = await ledger.queryUsage(asked);
  expect(rows).toHaveLength(6);
  expect((await ledger.queryUsage({ ...asked, timeZone: "Asia/Kolkata" })).rows).toEqual(rows);
});
