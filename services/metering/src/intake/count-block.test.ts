import { toAppError } from "@geomesh/runtime/errors";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readWatermarks } from "../ledger/watermarks.ts";
import { auditPeriods, expectSoundBooks } from "../testing/balance.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";

let ledger: Ledger;
let gateways = 0;
let gatewayId: string;
let accountId: string;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

beforeEach(async () => {
  gateways += 1;
  gatewayId = `gateway-${gateways}`;
  accountId = `acct_${gateways}`;
  await ledger.setQuota(accountId, 1_000n);
});

const records = (count: number) => Array.from({ length: count }, () => usage({ accountId }));
const send = (first: bigint, count: number) =>
  ledger.count(block(first, records(count), { gatewayId }));
const used = async () =>
  (await auditPeriods(ledger.db, [accountId])).reduce((sum, period) => sum + period.used, 0n);
const watermark = async () => (await readWatermarks(ledger.db, gatewayId))[0]?.sequence;
const keptAside = () =>
  ledger.db
    .selectFrom("poison_blocks")
    .select(["problem", "epoch", "first_sequence"])
    .where("gateway_id", "=", gatewayId)
    .execute();

test("a block counts once, however often it comes", async () => {
  expect(await send(1n, 10)).toBe("counted");
  expect(await send(1n, 10)).toBe("duplicate");
  expect(await send(4n, 7)).toBe("duplicate");
  expect(await used()).toBe(10n);
  expect(await watermark()).toBe(10n);
  await expectSoundBooks(ledger.db, accountId);
});

test("of a block that overlaps what is counted, only the new records count", async () => {
  await send(1n, 10);
  expect(await send(6n, 10)).toBe("counted");
  expect(await used()).toBe(15n);
  expect(await watermark()).toBe(15n);
});

test("a block that reaches several replicas at the same time counts once", async () => {
  await send(1n, 1);
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => send(2n, 10)));
  expect(outcomes.filter((outcome) => outcome === "counted")).toHaveLength(1);
  expect(await used()).toBe(11n);
});

test("a block after a gap counts nothing until the gap is filled, and then without coming again", async () => {
  await send(1n, 5);
  expect(await send(7n, 3)).toBe("early");
  expect(await send(9n, 3)).toBe("early");
  expect(await send(14n, 1)).toBe("early");
  expect(await used()).toBe(5n);
  expect(await watermark()).toBe(5n);
  await send(6n, 1);
  expect(await used()).toBe(11n);
  expect(await watermark()).toBe(11n);
});

test("a record after a gap that cannot be billed is set aside when its turn comes", async () => {
  const impossible = usage({ accountId, timeMs: 1n });
  const mixed = block(2n, [impossible, ...records(1)], { gatewayId });
  expect(await ledger.count(mixed)).toBe("early");
  expect(await keptAside()).toEqual([]);
  await send(1n, 1);
  expect(await watermark()).toBe(3n);
  expect(await used()).toBe(2n);
  expect(await keptAside()).toHaveLength(1);
});

test("epochs of one gateway are counted apart", async () => {
  await ledger.count(block(1n, records(3), { gatewayId, epoch: 1n }));
  await ledger.count(block(1n, records(3), { gatewayId, epoch: 2n }));
  expect(await used()).toBe(6n);
});

test("records fall in the minute and month of their own time, errors among them without units", async () => {
  const lastOfFebruary = BigInt(Date.parse("2026-02-28T23:59:59.999Z"));
  const firstOfMarch = BigInt(Date.parse("2026-03-01T00:00:00.000Z"));
  await ledger.count(
    block(
      1n,
      [
        usage({ accountId, timeMs: lastOfFebruary, units: 3 }),
        usage({ accountId, timeMs: firstOfMarch, units: 5 }),
        usage({ accountId, timeMs: firstOfMarch, units: 0, status: 404 }),
      ],
      { gatewayId },
    ),
  );
  const rows = await ledger.db
    .selectFrom("usage_minutes")
    .select(["minute", "status", "requests", "units"])
    .where("account_id", "=", accountId)
    .orderBy("minute")
    .orderBy("status")
    .execute();
  const [february, march] = [new Date("2026-02-28T23:59:00Z"), new Date("2026-03-01T00:00:00Z")];
  expect(rows).toEqual([
    { minute: february, status: 200, requests: 1n, units: 3n },
    { minute: march, status: 200, requests: 1n, units: 5n },
    { minute: march, status: 404, requests: 1n, units: 0n },
  ]);
  const periods = await ledger.db
    .selectFrom("periods")
    .select(["period_start", "used"])
    .where("account_id", "=", accountId)
    .orderBy("period_start")
    .execute();
  expect(periods.map((period) => period.used)).toEqual([3n, 5n]);
  expect(periods[1]?.period_start).toEqual(TEST_PERIOD);
});

test("of 500 records, one more than a day in the future costs its block nothing but itself", async () => {
  const dayAhead = BigInt(TEST_TIME.getTime() + 25 * 3_600_000);
  const sent = records(500).with(250, usage({ accountId, timeMs: dayAhead, units: 7 }));
  const mixed = block(1n, sent, { gatewayId });
  expect(await ledger.count(mixed)).toBe("set_aside");
  expect(await ledger.count(mixed)).toBe("duplicate");
  expect(await used()).toBe(499n);
  expect(await watermark()).toBe(500n);
  expect(await send(501n, 1)).toBe("counted");
  expect(await keptAside()).toEqual([
    { problem: "kind 1: the time is more than a day ahead", epoch: 1n, first_sequence: 1n },
  ]);
  await expectSoundBooks(ledger.db, accountId);
});

test("a record that cannot be billed is not set aside again with what overlaps it", async () => {
  const impossible = usage({ accountId, timeMs: 1n });
  await ledger.count(block(1n, [impossible, ...records(4)], { gatewayId }));
  const recut = block(1n, [impossible, ...records(9)], { gatewayId });
  expect(await ledger.count(recut)).toBe("counted");
  expect(await used()).toBe(9n);
  expect(await keptAside()).toHaveLength(1);
});

test("a block of more than 8,192 records is not billed, even where only few of them are new", async () => {
  await send(1n, 5);
  expect(await send(1n, 8_193)).toBe("set_aside");
  expect(await used()).toBe(5n);
  expect(await watermark()).toBe(8_193n);
});

test("a block of 8,192 records of as many accounts is counted in one transaction", async () => {
  const many = Array.from({ length: 8_192 }, (_, index) =>
    usage({ accountId: `${accountId}_${index}`, units: 2 }),
  );
  const count = () => ledger.count(block(1n, many, { gatewayId }));
  // On a machine that is busy for seconds PostgreSQL ends the transaction of a process that it takes to hang, and the consumer
  // counts the block again: so does this.
  const unlessBusy = (error: unknown) => {
    if (toAppError(error).reason !== "DATABASE_UNAVAILABLE") throw error;
    return count();
  };
  expect(await count().catch(unlessBusy)).toBe("counted");
  const { total } = await ledger.db
    .selectFrom("periods")
    .select(({ fn }) => fn.sum("used").as("total"))
    .where("account_id", "like", `${accountId}\\_%`)
    .executeTakeFirstOrThrow();
  expect(`${total}`).toBe("16384");
});
