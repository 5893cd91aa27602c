import { QueryUsageRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { Dimension, Granularity } from "@geomesh/proto/grpc/geomesh/metering/v1/usage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_TIME, usage } from "../testing/usage.ts";

const { ACCOUNT, KEY, OPERATION, STATUS } = Dimension;
const { HOUR, MINUTE, MONTH } = Granularity;

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  await ledger.setQuota("acct_a", 1_000n);
  await ledger.setQuota("acct_b", 1_000n);
  const at = (time: string, units: number, fields: { status?: number; keyId?: string } = {}) =>
    usage({ timeMs: BigInt(Date.parse(time)), units, ...fields });
  await ledger.count(
    block(1n, [
      at("2026-02-28T23:59:59.999Z", 64),
      at("2026-03-01T00:00:00.000Z", 1),
      at("2026-03-14T23:30:00.000Z", 2),
      at("2026-03-15T09:59:59.999Z", 4, { keyId: "key_b" }),
      at("2026-03-15T10:00:00.000Z", 8),
      at("2026-03-15T10:15:00.000Z", 0, { status: 404 }),
    ]),
  );
});

afterAll(() => ledger.close());

const read = (fields: Partial<QueryUsageRequest> = {}) =>
  ledger.queryUsage(QueryUsageRequest.fromPartial({ accountId: "acct_a", ...fields }));
const row = (start: string, end: string, requests: bigint, units: bigint, named = {}) => ({
  startTime: new Date(start),
  endTime: new Date(end),
  requests,
  units,
  overageUnits: 0n,
  ...named,
});

test("without bounds it is the current month by days of UTC, in order, without empty ones", async () => {
  expect(await read()).toEqual({
    rows: [
      row("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", 1n, 1n),
      row("2026-03-14T00:00:00Z", "2026-03-15T00:00:00Z", 1n, 2n),
      row("2026-03-15T00:00:00Z", "2026-03-16T00:00:00Z", 3n, 12n),
    ],
    totals: { requests: 5n, units: 15n, overageUnits: 0n },
    nextPageToken: "",
    completeThroughTime: new Date("2026-03-15T10:14:00Z"),
    isFinal: false,
  });
});

test("a range is widened to whole hours, and its end is exclusive", async () => {
  const answer = await read({
    startTime: new Date("2026-03-15T09:30:00Z"),
    endTime: new Date("2026-03-15T10:00:00Z"),
    granularity: HOUR,
  });
  expect(answer.rows).toEqual([row("2026-03-15T09:00:00Z", "2026-03-15T10:00:00Z", 1n, 4n)]);
  const wider = await read({
    startTime: new Date("2026-03-15T09:59:59.999Z"),
    endTime: new Date("2026-03-15T10:00:00.001Z"),
    granularity: HOUR,
  });
  expect(wider.rows).toEqual([
    row("2026-03-15T09:00:00Z", "2026-03-15T10:00:00Z", 1n, 4n),
    row("2026-03-15T10:00:00Z", "2026-03-15T11:00:00Z", 2n, 8n),
  ]);
});

test("months and minutes are intervals too", async () => {
  const startTime = new Date("2026-02-10T00:00:00Z");
  expect((await read({ startTime, granularity: MONTH })).rows).toEqual([
    row("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", 1n, 64n),
    row("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", 5n, 15n),
  ]);
  const minutes = await read({ startTime: new Date("2026-03-15T10:00:30Z"), granularity: MINUTE });
  expect(minutes.rows).toEqual([
    row("2026-03-15T10:00:00Z", "2026-03-15T10:01:00Z", 1n, 8n),
    row("2026-03-15T10:15:00Z", "2026-03-15T10:16:00Z", 1n, 0n),
  ]);
});

test("rows name the dimensions asked for, in one order whatever the order of the question", async () => {
  const startTime = new Date("2026-03-15T00:00:00Z");
  const [start, end] = ["2026-03-15T00:00:00Z", "2026-03-16T00:00:00Z"];
  const expected = [
    row(start, end, 1n, 8n, { keyId: "key_a", operation: "GetLocation", status: 200 }),
    row(start, end, 1n, 0n, { keyId: "key_a", operation: "GetLocation", status: 404 }),
    row(start, end, 1n, 4n, { keyId: "key_b", operation: "GetLocation", status: 200 }),
  ];
  for (const groupBy of [
    [KEY, OPERATION, STATUS],
    [STATUS, KEY, OPERATION],
  ]) {
    expect((await read({ startTime, groupBy })).rows).toEqual(expected);
  }
  const byStatus = await read({ startTime, groupBy: [STATUS] });
  expect(byStatus.rows).toEqual([
    row(start, end, 2n, 12n, { status: 200 }),
    row(start, end, 1n, 0n, { status: 404 }),
  ]);
});

test("intervals without usage have a row when asked for, which names no dimension", async () => {
  const answer = await read({
    startTime: new Date("2026-03-15T08:00:00Z"),
    endTime: new Date("2026-03-15T11:00:00Z"),
    granularity: HOUR,
    groupBy: [KEY],
    includeEmpty: true,
  });
  expect(answer.rows).toEqual([
    row("2026-03-15T08:00:00Z", "2026-03-15T09:00:00Z", 0n, 0n),
    row("2026-03-15T09:00:00Z", "2026-03-15T10:00:00Z", 1n, 4n, { keyId: "key_b" }),
    row("2026-03-15T10:00:00Z", "2026-03-15T11:00:00Z", 2n, 8n, { keyId: "key_a" }),
  ]);
});

test("the usage of the installation is that of all accounts, and can be told apart by account", async () => {
  await ledger.count(block(1n, [usage({ accountId: "acct_b", units: 32 })], { gatewayId: "b" }));
  const question = QueryUsageRequest.fromPartial({ startTime: new Date("2026-03-15T00:00:00Z") });
  const [start, end] = ["2026-03-15T00:00:00Z", "2026-03-16T00:00:00Z"];
  expect((await ledger.queryInstallationUsage(question)).rows).toEqual([row(start, end, 4n, 44n)]);
  const byAccount = await ledger.queryInstallationUsage({ ...question, groupBy: [ACCOUNT] });
  expect(byAccount.rows).toEqual([
    row(start, end, 3n, 12n, { accountId: "acct_a" }),
    row(start, end, 1n, 32n, { accountId: "acct_b" }),
  ]);
  expect(byAccount.totals).toEqual({ requests: 4n, units: 44n, overageUnits: 0n });
});

test("an account without usage has an empty answer, and one that auth does not know has none", async () => {
  await ledger.setQuota("acct_c", 1n);
  expect(await read({ accountId: "acct_c" })).toMatchObject({
    rows: [],
    nextPageToken: "",
    totals: { requests: 0n, units: 0n, overageUnits: 0n },
  });
  await expect(read({ accountId: "acct_nobody" })).rejects.toMatchObject({ kind: "not_found" });
});

const minutes = (count: number) => new Date(Date.UTC(2026, 0) + count * 60_000);

test("a range of 100,000 intervals is answered, and a longer one is not", async () => {
  const startTime = minutes(0);
  await read({ startTime, endTime: minutes(100_000), granularity: MINUTE, includeEmpty: true });
  await expect(
    read({ startTime, endTime: new Date(minutes(100_000).getTime() + 1), granularity: MINUTE }),
  ).rejects.toMatchObject({
    kind: "invalid_argument",
    publicMessage: expect.stringContaining("100000 intervals"),
  });
});

const mistakes: [Partial<QueryUsageRequest>, string, string][] = [
  [{ startTime: minutes(1), endTime: minutes(1) }, "end_time", "an empty range"],
  [
    { startTime: minutes(2), endTime: minutes(1) },
    "end_time",
    "a range that ends before it starts",
  ],
  [{ startTime: new Date(Number.NaN) }, "start_time", "a time that is none"],
  [{ startTime: new Date("1969-12-31T23:59:59Z") }, "start_time", "a time before any computer"],
  [{ endTime: new Date(8.64e15) }, "end_time", "a time in the year 275760"],
  [{ endTime: new Date("9998-01-01T00:00:00Z") }, "end_time", "millions of days"],
  [{ accountId: "a\u0000b" }, "account_id", "an id that the database could not compare"],
  [{ timeZone: "Europe/Atlantis" }, "time_zone", "no such place"],
  [{ timeZone: "+05:30" }, "time_zone", "an offset is no zone"],
  [{ timeZone: "FOO+3" }, "time_zone", "PostgreSQL would take it for a zone of its own making"],
  [{ timeZone: "UTC'; --" }, "time_zone", "no name at all"],
];
test.each(mistakes)("%o is invalid in %s: %s", async (fields, field) => {
  await expect(read(fields)).rejects.toMatchObject({
    kind: "invalid_argument",
    fields: [expect.objectContaining({ field })],
  });
});
