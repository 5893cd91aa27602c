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

test("a block after a gap that cannot be billed is set aside when its turn comes", async () => {
  expect(await ledger.count(block(2n, records(2), { gatewayId }), "absurd")).toBe("early");
  await send(1n, 1);
  expect(await watermark()).toBe(3n);
  expect(await used()).toBe(1n);
});

test("epochs of one gateway are counted apart", async () => {
  await ledger.count(block(1n, records(3), { gatewayId, epoch: 1n }));
  await ledger.count(block(1n, records(3), { gatewayId, epoch: 2n }));
  expect(await used()).toBe(6n);
});

test("records fall in the minute and month of their own time, errors among them without units", async () => {
  const lastOfMarch = BigInt(Date.parse("2026-03-31T23:59:59.999Z"));
  const firstOfApril = BigInt(Date.parse("2026-04-01T00:00:00.000Z"));
  await ledger.count(
    block(
      1n,
      [
        usage({ accountId, timeMs: lastOfMarch, units: 3 }),
        usage({ accountId, timeMs: firstOfApril, units: 5 }),
        usage({ accountId, timeMs: firstOfApril, units: 0, status: 404 }),
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
  const [march, april] = [new Date("2026-03-31T23:59:00Z"), new Date("2026-04-01T00:00:00Z")];
  expect(rows).toEqual([
    { minute: march, status: 200, requests: 1n, units: 3n },
    { minute: april, status: 200, requests: 1n, units: 5n },
    { minute: april, status: 404, requests: 1n, units: 0n },
  ]);
  const periods = await ledger.db
    .selectFrom("periods")
    .select(["period_start", "used"])
    .where("account_id", "=", accountId)
    .orderBy("period_start")
    .execute();
  expect(periods.map((period) => period.used)).toEqual([3n, 5n]);
  expect(periods[0]?.period_start).toEqual(TEST_PERIOD);
});

test("a block that cannot be billed is set aside once, and its gateway continues after it", async () => {
  const poison = block(1n, records(2), { gatewayId });
  expect(await ledger.count(poison, "record 0: the time is before 2020")).toBe("set_aside");
  expect(await ledger.count(poison, "record 0: the time is before 2020")).toBe("duplicate");
  expect(await send(3n, 1)).toBe("counted");
  expect(await used()).toBe(1n);
  const kept = await ledger.db
    .selectFrom("poison_blocks")
    .select(["problem", "epoch", "first_sequence"])
    .where("gateway_id", "=", gatewayId)
    .execute();
  expect(kept).toEqual([
    { problem: "record 0: the time is before 2020", epoch: 1n, first_sequence: 1n },
  ]);
});

test("a block of 8,192 records of as many accounts is counted in one transaction", async () => {
  const many = Array.from({ length: 8_192 }, (_, index) =>
    usage({ accountId: `${accountId}_${index}`, units: 2 }),
  );
  expect(await ledger.count(block(1n, many, { gatewayId }))).toBe("counted");
  const { total } = await ledger.db
    .selectFrom("periods")
    .select(({ fn }) => fn.sum("used").as("total"))
    .where("account_id", "like", `${accountId}\\_%`)
    .executeTakeFirstOrThrow();
  expect(`${total}`).toBe("16384");
});
