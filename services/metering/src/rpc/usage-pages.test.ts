import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { QueryUsageRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import {
  Dimension,
  Granularity,
  type UsageRow,
} from "@geomesh/proto/grpc/geomesh/metering/v1/usage";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clockAt } from "../testing/clock.ts";
import { CONTEXT, type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_TIME, usage } from "../testing/usage.ts";
import { createMeteringHandlers } from "./handlers.ts";

const { KEY, OPERATION, STATUS, MODE } = Dimension;
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 14);

let ledger: Ledger;
let gateways = 0;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  await ledger.setQuota("acct_a", 100n, "SOFT");
  await countSome(Array.from({ length: 120 }, (_, index) => index));
});

afterAll(() => ledger.close());

/** Counts a record for each number, which decides all that it is told apart by. */
async function countSome(numbers: readonly number[]) {
  const records = numbers.map((n) =>
    usage({
      timeMs: BigInt(START_MS + (n % 30) * HOUR_MS),
      keyId: `key_${n % 4}`,
      operation: n % 3 === 0 ? "BatchGetLocations" : "GetLocation",
      status: n % 5 === 0 ? 404 : 200,
      units: n % 7,
      mode: n % 4 === 0 ? KeyMode.TEST : KeyMode.LIVE,
    }),
  );
  gateways += 1;
  await ledger.count(block(1n, records, { gatewayId: `gateway-${gateways}` }));
}

const question = (fields: Partial<QueryUsageRequest> = {}) =>
  QueryUsageRequest.fromPartial({
    accountId: "acct_a",
    startTime: new Date(START_MS),
    granularity: Granularity.HOUR,
    ...fields,
  });

async function readPages(
  asked: QueryUsageRequest,
  beforeNext = async (_page: number): Promise<void> => {},
) {
  const pages = [await ledger.queryUsage(asked)];
  for (let token = pages[0]?.nextPageToken; token; token = pages.at(-1)?.nextPageToken) {
    await beforeNext(pages.length);
    pages.push(await ledger.queryUsage({ ...asked, pageToken: token }));
  }
  return pages;
}

const sumOf = (rows: readonly UsageRow[]) => ({
  requests: rows.reduce((sum, row) => sum + row.requests, 0n),
  units: rows.reduce((sum, row) => sum + row.units, 0n),
  overageUnits: rows.reduce((sum, row) => sum + row.overageUnits, 0n),
});
const nameOf = ({ startTime, keyId, operation, status, mode }: UsageRow) =>
  `${startTime?.toISOString()} ${keyId} ${operation} ${status} ${mode}`;

test("pages put together are the whole, and each tells the totals of the whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.uniqueArray(fc.constantFrom(KEY, OPERATION, STATUS, MODE)),
      fc.boolean(),
      async (pageSize, groupBy, includeEmpty) => {
        const asked = question({ groupBy, includeEmpty });
        const whole = await ledger.queryUsage(asked);
        const pages = await readPages({ ...asked, pageSize });
        expect(pages.flatMap((page) => page.rows)).toEqual(whole.rows);
        for (const page of pages) expect(page.totals).toEqual(sumOf(whole.rows));
        expect(pages.slice(0, -1).every((page) => page.rows.length === pageSize)).toBe(true);
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
});

test("when usage arrives between pages, every row comes once and in order, and rows still to come are true", async () => {
  const asked = question({ groupBy: [KEY, OPERATION, STATUS], pageSize: 7 });
  const before = await ledger.queryUsage({ ...asked, pageSize: 0 });
  const pages = await readPages(asked, (page) => countSome([page, page + 13, 300 + page]));
  const rows = pages.flatMap((page) => page.rows);
  const names = rows.map(nameOf);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(before.rows.map(nameOf)));
  const times = rows.map((row) => row.startTime?.getTime() ?? 0);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const after = await ledger.queryUsage({ ...asked, pageSize: 0 });
  const last = pages.at(-1);
  expect(last?.rows).toEqual(after.rows.slice(-(last?.rows.length ?? 0)));
  expect(last?.totals).toEqual(sumOf(after.rows));
});

test("the range of the first page is that of all pages, though its end was now", async () => {
  const asked = question({ pageSize: 5 });
  const first = await ledger.queryUsage(asked);
  const pages = await readPages(asked);
  const nextDay = new Date(TEST_TIME.getTime() + 24 * HOUR_MS);
  const timeMs = BigInt(nextDay.getTime() - HOUR_MS);
  await ledger.count(block(1n, [usage({ timeMs })], { gatewayId: "next-day" }));
  const { queryUsage } = createMeteringHandlers({ ...ledger.deps, clock: clockAt(nextDay) });
  let answer = first;
  for (const page of pages.slice(1)) {
    answer = await queryUsage({ ...asked, pageToken: answer.nextPageToken }, CONTEXT);
    expect(answer.rows).toEqual(page.rows);
    expect(answer.totals).toEqual(first.totals);
  }
  expect(answer.nextPageToken).toBe("");
});

test("a token is of one question, and one that was changed is refused", async () => {
  const asked = question({ groupBy: [KEY], pageSize: 2 });
  const { nextPageToken: pageToken } = await ledger.queryUsage(asked);
  await ledger.setQuota("acct_b", 1n);
  const others: Partial<QueryUsageRequest>[] = [
    { accountId: "acct_b" },
    { groupBy: [STATUS] },
    { granularity: Granularity.MINUTE },
    { startTime: new Date(START_MS + 1) },
    { endTime: TEST_TIME },
    { timeZone: "Europe/London" },
    { includeEmpty: true },
    { pageToken: `${pageToken}A` },
    { pageToken: pageToken.slice(0, -2) },
    { pageToken: "A" },
  ];
  for (const other of others) {
    const wrong = ledger.queryUsage({ ...asked, pageToken, ...other });
    await expect(wrong, JSON.stringify(other)).rejects.toMatchObject({
      reason: "PAGE_TOKEN_INVALID",
      fields: [expect.objectContaining({ field: "page_token" })],
    });
  }
  expect(await ledger.queryUsage({ ...asked, pageToken, pageSize: 3 })).toHaveProperty(
    "rows.length",
    3,
  );
});

test("the longest names fit a token", async () => {
  const longest = "n".repeat(64);
  await ledger.setQuota(longest, 1n);
  const records = [200, 404].map((status) =>
    usage({ accountId: longest, keyId: longest, operation: longest, status }),
  );
  await ledger.count(block(1n, records, { gatewayId: "longest" }));
  const asked = question({ accountId: longest, groupBy: [KEY, OPERATION, STATUS], pageSize: 1 });
  const { nextPageToken } = await ledger.queryUsage(asked);
  expect(nextPageToken.length).toBeGreaterThan(0);
  expect(nextPageToken.length).toBeLessThanOrEqual(512);
});
