import { eventually } from "@geomesh/testing/eventually";
import { postgresSessionForTest } from "@geomesh/testing/postgres-session";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readWatermarks } from "../ledger/watermarks.ts";
import { takeBackup } from "../testing/backup.ts";
import type { Ledger } from "../testing/ledger.ts";
import { allNumbers } from "../testing/numbers.ts";
import { type UsageStream, usageStreamForTest } from "../testing/stream.ts";
import { block, lostBlock, usage } from "../testing/usage.ts";

/** No look at the note comes in the course of a test, after the one at the start. */
const NEVER_MS = 3_600_000;
const SOON_MS = 50;
const GATEWAYS = { a: { gatewayId: "gateway-a" }, gone: { gatewayId: "gateway-gone" } };

let ledger: Ledger;
let stream: UsageStream;

beforeEach(async () => {
  ({ ledger, stream } = await usageStreamForTest());
});

const blockOf = (first: number, count: number, from = GATEWAYS.a) =>
  block(BigInt(first), Array(count).fill(usage()), from);

function consume(noteMs: number) {
  const reader = stream.consume("metering", { noteMs });
  onTestFinished(() => reader.close());
  return reader;
}

async function watermark({ gatewayId } = GATEWAYS.a) {
  return (await readWatermarks(ledger.db, gatewayId))[0]?.sequence ?? 0n;
}

async function untilCounted(sequence: bigint, from = GATEWAYS.a) {
  await eventually(async () => expect(await watermark(from)).toBe(sequence));
}

/** Makes a database the copy of another, under those that are connected to it. */
async function copyDatabase(copyOf: (live: string, backup: string) => [string, string]) {
  const url = new URL(ledger.url);
  const live = url.pathname.slice(1);
  const [from, to] = copyOf(live, `${live}_backup`);
  url.pathname = "/postgres";
  const { run } = await postgresSessionForTest(url.href);
  await run(`DROP DATABASE IF EXISTS ${to} WITH (FORCE)`);
  await eventually(async () => {
    await run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${from}'`);
    await run(`CREATE DATABASE ${to} TEMPLATE ${from}`);
  });
}

const noted = async () => {
  const { sequence } = await ledger.db
    .selectFrom("usage_reading")
    .select("sequence")
    .executeTakeFirstOrThrow();
  return sequence;
};

test("a database that is restored while metering is stopped lacks nothing that the stream holds, whoever sent it", async () => {
  const first = consume(NEVER_MS);
  await stream.publish(blockOf(1, 10));
  await untilCounted(10n);
  await first.close();
  const backup = await takeBackup(ledger.db);

  const second = consume(SOON_MS);
  await stream.publish(blockOf(11, 10));
  await stream.publish(blockOf(1, 5, GATEWAYS.gone));
  await untilCounted(5n, GATEWAYS.gone);
  await eventually(async () => expect(await noted()).toBe(3n));
  await second.close();
  const before = await allNumbers(ledger.db);
  await backup.restore();
  expect(await watermark()).toBe(10n);

  consume(NEVER_MS);
  await untilCounted(5n, GATEWAYS.gone);
  expect(await allNumbers(ledger.db)).toEqual(before);
});

test("a database that is restored under a running metering lacks nothing that the stream holds", async () => {
  consume(SOON_MS);
  await stream.publish(blockOf(1, 10));
  await untilCounted(10n);
  const backup = await takeBackup(ledger.db);
  await stream.publish(blockOf(11, 10));
  await stream.publish(blockOf(1, 5, GATEWAYS.gone));
  await untilCounted(5n, GATEWAYS.gone);
  await eventually(async () => expect(await noted()).toBe(3n));
  const before = await allNumbers(ledger.db);
  await backup.restore();
  await eventually(async () => expect(await allNumbers(ledger.db)).toEqual(before));
});

test("what its gateway tells as lost, the stream still has: it is counted with its contents", async () => {
  const first = consume(NEVER_MS);
  await stream.publish(blockOf(1, 10));
  await untilCounted(10n);
  await first.close();
  const backup = await takeBackup(ledger.db);
  consume(NEVER_MS);
  await eventually(async () => expect(await noted()).toBe(1n));
  await stream.publish(blockOf(11, 10));
  await untilCounted(20n);
  await backup.restore();
  expect([await noted(), await watermark()]).toEqual([0n, 10n]);

  await stream.publish(lostBlock(11n, 10), "lost");
  await stream.publish(blockOf(21, 1));
  await untilCounted(21n);
  expect((await allNumbers(ledger.db))?.periods).toMatchObject([{ used: 21 }]);
});

test("a database that is replaced under a running metering by an older copy with the same note is noticed", async () => {
  const first = consume(NEVER_MS);
  await stream.publish(blockOf(1, 10));
  await untilCounted(10n);
  await first.close();
  consume(NEVER_MS);
  await eventually(async () => expect(await noted()).toBe(1n));
  await copyDatabase((live, backup) => [live, backup]);
  await stream.publish(blockOf(11, 10));
  await untilCounted(20n);
  await copyDatabase((live, backup) => [backup, live]);
  await eventually(async () => expect([await noted(), await watermark()]).toEqual([1n, 10n]));

  await stream.publish(lostBlock(11n, 10), "lost");
  await stream.publish(blockOf(21, 1));
  await untilCounted(21n);
  expect((await allNumbers(ledger.db))?.periods).toMatchObject([{ used: 21 }]);
});

test("what neither the stream nor its gateway has any more is told as lost, and what waited is counted", async () => {
  const first = consume(NEVER_MS);
  await stream.publish(blockOf(1, 10));
  await untilCounted(10n);
  await first.close();
  const backup = await takeBackup(ledger.db);
  const second = consume(NEVER_MS);
  await stream.publish(blockOf(11, 10));
  await untilCounted(20n);
  await second.close();
  await backup.restore();
  await stream.nats.kill();
  await stream.nats.start({ empty: true });

  const { outcomes } = consume(SOON_MS);
  await stream.publish(blockOf(21, 1));
  await eventually(() => expect(outcomes).toEqual(["early"]));
  await stream.publish(lostBlock(11n, 10), "lost");
  await untilCounted(21n);
  expect((await allNumbers(ledger.db))?.periods).toMatchObject([{ used: 11 }]);
  await eventually(async () => expect(await noted()).toBe(2n));
});

test("a database without any row counts the whole stream, and a stream that was made anew is not taken for the old one", async () => {
  const backup = await takeBackup(ledger.db);
  const first = consume(SOON_MS);
  for (const at of [1, 11, 21]) await stream.publish(blockOf(at, 10));
  await eventually(async () => expect(await noted()).toBe(3n));
  await first.close();
  await backup.restore();
  const second = consume(SOON_MS);
  await untilCounted(30n);
  await stream.nats.kill();
  await stream.nats.start({ empty: true });
  await stream.publish(blockOf(31, 10));
  await untilCounted(40n);
  await eventually(async () => expect(await noted()).toBe(1n));
  await second.close();
  expect((await allNumbers(ledger.db))?.periods).toMatchObject([{ used: 40 }]);
});
