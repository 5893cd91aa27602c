import { GetUsageRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_TIME, usage } from "../testing/usage.ts";

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  const at = (time: string, units: number, status = 200) =>
    usage({ timeMs: BigInt(Date.parse(time)), units, status });
  await ledger.count(
    block(1n, [
      at("2026-02-28T23:59:59.999Z", 64),
      at("2026-03-01T00:00:00.000Z", 1),
      at("2026-03-14T23:30:00.000Z", 2),
      at("2026-03-15T09:59:59.999Z", 4),
      at("2026-03-15T10:00:00.000Z", 8),
      at("2026-03-15T10:15:00.000Z", 0, 404),
    ]),
  );
});

afterAll(() => ledger.close());

const read = (fields: Partial<GetUsageRequest> = {}) =>
  ledger.getUsage(GetUsageRequest.fromPartial({ accountId: "acct_a", ...fields }));
const day = (start: string, requests: bigint, units: bigint) => ({
  startTime: new Date(start),
  requests,
  units,
});

test("without bounds it is the current month by days, in order, without empty ones", async () => {
  expect(await read()).toEqual({
    buckets: [
      day("2026-03-01T00:00:00Z", 1n, 1n),
      day("2026-03-14T00:00:00Z", 1n, 2n),
      day("2026-03-15T00:00:00Z", 3n, 12n),
    ],
    totalRequests: 5n,
    totalUnits: 15n,
  });
});

test("a range is widened to whole hours, and its end is exclusive", async () => {
  const answer = await read({
    startTime: new Date("2026-03-15T09:30:00Z"),
    endTime: new Date("2026-03-15T10:00:00Z"),
    granularity: "hour",
  });
  expect(answer.buckets).toEqual([day("2026-03-15T09:00:00Z", 1n, 4n)]);
  const wider = await read({
    startTime: new Date("2026-03-15T09:59:59.999Z"),
    endTime: new Date("2026-03-15T10:00:00.001Z"),
    granularity: "hour",
  });
  expect(wider.buckets).toEqual([
    day("2026-03-15T09:00:00Z", 1n, 4n),
    day("2026-03-15T10:00:00Z", 2n, 8n),
  ]);
});

test("an account without usage has an empty answer", async () => {
  expect(await read({ accountId: "acct_b" })).toEqual({
    buckets: [],
    totalRequests: 0n,
    totalUnits: 0n,
  });
});

const hours = (count: number) => new Date(Date.UTC(2026, 0) + count * 3_600_000);

test("1,000 buckets fit in one answer and one more does not", async () => {
  const startTime = hours(0);
  await read({ startTime, endTime: hours(1_000), granularity: "hour" });
  await expect(
    read({ startTime, endTime: new Date(hours(1_000).getTime() + 1), granularity: "hour" }),
  ).rejects.toMatchObject({
    kind: "invalid_argument",
    publicMessage: expect.stringContaining("1000 buckets"),
  });
});

const mistakes: [Partial<GetUsageRequest>, string][] = [
  [{ startTime: hours(1), endTime: hours(1) }, "an empty range"],
  [{ startTime: hours(2), endTime: hours(1) }, "a range that ends before it starts"],
  [{ startTime: new Date(Number.NaN) }, "a time that is none"],
  [{ startTime: new Date("-000001-01-01T00:00:00Z") }, "a time before our calendar"],
  [{ endTime: new Date(8.64e15) }, "a time in the year 275760"],
  [{ accountId: "a\u0000b" }, "an id that the database could not compare"],
];
test.each(mistakes)("%o is a clear mistake: %s", async (fields) => {
  await expect(read(fields)).rejects.toMatchObject({ kind: "invalid_argument" });
});
