import { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { BLOCK_FORMAT } from "@geomesh/terms/limits";
import { eventually } from "@geomesh/testing/eventually";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readWatermarks } from "../ledger/watermarks.ts";
import type { Ledger } from "../testing/ledger.ts";
import { allNumbers } from "../testing/numbers.ts";
import { type UsageStream, usageStreamForTest } from "../testing/stream.ts";
import { block, lostBlock, usage } from "../testing/usage.ts";
import { keepNewer } from "./newer-blocks.ts";
import type { UsageConsumerOptions } from "./usage-consumer.ts";

/** More than the stream delivers without an acknowledgement. */
const UNKNOWN_BLOCKS = 1_100;

let ledger: Ledger;
let stream: UsageStream;

beforeEach(async () => {
  ({ ledger, stream } = await usageStreamForTest());
});

function consume(options: UsageConsumerOptions) {
  const reader = stream.consume("metering", options);
  onTestFinished(() => reader.close());
  return reader;
}

const blockOf = (first: number, gatewayId = "gateway-a") =>
  block(BigInt(first), [usage(), usage()], { gatewayId });
const newer = (first: number) => ({
  ...blockOf(first, "gateway-newer"),
  format: BLOCK_FORMAT + 1,
});
/** Within the time that a thousand blocks may take on a busy machine. */
const untilCounted = (sequence: bigint) =>
  eventually(
    async () => {
      const watermarks = await readWatermarks(ledger.db, "gateway-a");
      expect(watermarks).toEqual([{ epoch: 1n, sequence }]);
    },
    { deadlineMs: 60_000 },
  );

async function kept() {
  const rows = await ledger.db.selectFrom("newer_blocks").select("format").execute();
  return rows.map(({ format }) => Number(format));
}

test("any number of blocks of an unknown format is kept, and holds up no other gateway's blocks", async () => {
  for (let at = 0; at < UNKNOWN_BLOCKS; at++) await stream.publish(newer(1 + 2 * at));
  await stream.publish(newer(1), "once more");
  await stream.publish(blockOf(1));
  const { outcomes } = consume({});
  await untilCounted(2n);
  const expected = [...Array(UNKNOWN_BLOCKS + 1).fill("unknown_format"), "counted"];
  await eventually(() => expect(outcomes).toEqual(expected));
  expect(await kept()).toEqual(Array(UNKNOWN_BLOCKS).fill(BLOCK_FORMAT + 1));
  expect(await allNumbers(ledger.db)).toMatchObject({ periods: [{ used: 2 }], poison: null });
}, 120_000);

test("what an older metering kept is counted by a newer one, as is what others keep while it runs", async () => {
  const older = consume({ format: BLOCK_FORMAT - 1 });
  for (const first of [3, 1, 5]) await stream.publish(blockOf(first));
  await eventually(() => expect(older.outcomes).toEqual(Array(3).fill("unknown_format")));
  expect(await readWatermarks(ledger.db, "gateway-a")).toEqual([]);
  await older.close();

  consume({ noteMs: 50 });
  await untilCounted(6n);
  await keepNewer(ledger.db, UsageRecorded.encode(blockOf(7)).finish(), BLOCK_FORMAT);
  await untilCounted(8n);
  expect(await allNumbers(ledger.db)).toMatchObject({ periods: [{ used: 8 }], early: null });
  await eventually(async () => expect(await kept()).toEqual([]));
});

test("records that a kept block tells as lost are counted with their contents where the stream has them", async () => {
  await stream.publish(blockOf(1));
  const lost = UsageRecorded.encode(lostBlock(1n, 2)).finish();
  await keepNewer(ledger.db, lost, BLOCK_FORMAT);
  const before = consume({ format: BLOCK_FORMAT - 1 });
  await eventually(() => expect(before.outcomes).toEqual(["unknown_format"]));
  await before.close();

  consume({});
  await untilCounted(2n);
  expect(await allNumbers(ledger.db)).toMatchObject({ periods: [{ used: 2 }] });
});
