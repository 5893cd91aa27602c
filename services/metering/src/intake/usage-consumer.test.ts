import { eventually } from "@geomesh/testing/eventually";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readWatermarks } from "../ledger/watermarks.ts";
import { auditPeriods } from "../testing/balance.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import {
  NOT_PROTOBUF,
  openUsageStream,
  type StreamReader,
  type UsageStream,
} from "../testing/stream.ts";
import { block, lostBlock, TEST_NONCE, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";

let ledger: Ledger;
let stream: UsageStream;
let consumer: StreamReader;
let gateways = 0;
let gatewayId: string;
let accountId: string;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  stream = await openUsageStream(ledger);
  consumer = stream.consume("metering");
});

afterAll(async () => {
  await consumer.close();
  await stream.close();
  await ledger.close();
});

beforeEach(() => {
  gateways += 1;
  gatewayId = `gateway-${gateways}`;
  accountId = `acct_${gateways}`;
});

const blockOf = (first: number, count: number) => {
  const records = Array.from({ length: count }, () => usage({ accountId }));
  return block(BigInt(first), records, { gatewayId });
};
const watermark = async () => (await readWatermarks(ledger.db, gatewayId))[0]?.sequence ?? 0n;
const used = async () => {
  const { rows } = await sql<{ used: bigint }>`
    SELECT coalesce(sum(used), 0)::bigint AS used FROM periods WHERE account_id = ${accountId}`.execute(
    ledger.db,
  );
  return rows[0]?.used;
};
const untilCounted = (sequence: bigint) =>
  eventually(async () => (await watermark()) === sequence, { deadlineMs: 15_000 });

test("blocks in the stream are counted, and blocks that come again are not", async () => {
  await stream.publish(blockOf(1, 10));
  await stream.publish(blockOf(1, 10), "the same block under another id");
  await stream.publish(blockOf(6, 10));
  await untilCounted(15n);
  expect(await used()).toBe(15n);
});

test("a block that comes before the one it follows is counted after it", async () => {
  await stream.publish(blockOf(6, 5));
  await stream.publish(blockOf(1, 5));
  await untilCounted(10n);
  expect(await used()).toBe(10n);
});

test("blocks after a gap do not wait in the stream, where so many could keep out the one that fills it", async () => {
  const kept = 20;
  const { outcomes } = consumer;
  const before = outcomes.length;
  for (let first = 2; first <= kept; first += 1) await stream.publish(blockOf(first, 1));
  await eventually(() => expect(outcomes.length).toBeGreaterThanOrEqual(before + kept - 1));
  expect(new Set(outcomes.slice(before))).toEqual(new Set(["early"]));
  await eventually(async () => expect(await stream.unacknowledged("metering")).toBe(0));
  await stream.publish(blockOf(1, 1));
  await untilCounted(BigInt(kept));
  expect(await used()).toBe(BigInt(kept));
});

test("a message that does not decode or has no place is set aside, and what follows is counted", async () => {
  await stream.publishBytes(NOT_PROTOBUF);
  await stream.publish({ ...blockOf(1, 1), epoch: 0n });
  await stream.publish(blockOf(1, 3));
  await untilCounted(3n);
  const kept = await ledger.db
    .selectFrom("poison_blocks")
    .select(["problem", "payload"])
    .orderBy("problem")
    .execute();
  expect(kept.map(({ problem }) => problem)).toEqual([
    "it does not decode",
    "the epoch is out of bounds",
  ]);
  expect(kept[0]?.payload).toEqual(NOT_PROTOBUF);
});

test("lost records close the gap, cost nothing, and let a lease return", async () => {
  await ledger.setQuota(accountId, 100n);
  const lease = { gatewayId, epoch: 1n, leaseNumber: 1n };
  await ledger.openEpoch({ ...lease, nonce: TEST_NONCE });
  await ledger.acquire({
    ...{ ...lease, accountId, nonce: TEST_NONCE, periodStartTime: TEST_PERIOD },
    ...{ unitsKnown: 0n, unitsNeeded: 0n, unitsWanted: 20n },
  });
  await ledger.release({ ...lease, lastSequence: 12n, nonce: TEST_NONCE });
  const spent = usage({ accountId, leaseNumber: 1n });
  await stream.publish(block(10n, [spent, spent, spent], { gatewayId }));
  await stream.publish(lostBlock(1n, 9, { gatewayId }));
  await untilCounted(12n);
  expect(await auditPeriods(ledger.db, [accountId])).toMatchObject([
    { used: 3n, outstanding: 0n, lent: 0n, counted: 3n },
  ]);
});

test("a block with an impossible time is set aside, and its gateway continues", async () => {
  await stream.publish(block(1n, [usage({ accountId, timeMs: 1n })], { gatewayId }));
  await stream.publish(blockOf(2, 4));
  await untilCounted(5n);
  expect(await used()).toBe(4n);
});

test("a transaction that is cut in the middle counts nothing, and the block counts once when it comes again", async () => {
  await stream.publish(blockOf(1, 5));
  await untilCounted(5n);
  const blocked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holder = ledger.db.transaction().execute(async (trx) => {
    await sql`SELECT FROM periods WHERE account_id = ${accountId} FOR UPDATE`.execute(trx);
    blocked.resolve();
    await release.promise;
  });
  await blocked.promise;
  await stream.publish(blockOf(6, 5));
  await eventually(async () => {
    const { rows } = await sql<{ ended: boolean }>`SELECT pg_terminate_backend(pid) AS ended
      FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(
      ledger.db,
    );
    return rows.length > 0;
  });
  expect(await used()).toBe(5n);
  expect(await watermark()).toBe(5n);
  release.resolve();
  await holder;
  await untilCounted(10n);
  expect(await used()).toBe(10n);
});

test("a block that was committed but not acknowledged counts once", async () => {
  expect(await ledger.count(blockOf(1, 5))).toBe("counted");
  await stream.publish(blockOf(1, 5));
  await stream.publish(blockOf(6, 1));
  await untilCounted(6n);
  expect(await used()).toBe(6n);
});

test("when NATS comes back without its storage, a gateway that sends its whole spool again is billed once", async () => {
  await stream.publish(blockOf(1, 5));
  await untilCounted(5n);
  await stream.nats.kill();
  await stream.nats.start({ empty: true });
  await stream.publish(blockOf(1, 5));
  await stream.publish(blockOf(6, 5));
  await untilCounted(10n);
  expect(await used()).toBe(10n);
});
