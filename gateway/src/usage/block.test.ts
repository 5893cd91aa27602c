import { fromBinary } from "@bufbuild/protobuf";
import { UsageRecordedSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { BLOCK_BYTES_MAX, BLOCK_FORMAT, BLOCK_RECORDS_MAX } from "@geomesh/terms/limits";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Block, readBlock } from "./block.ts";
import { appendAll, dirForTest, readerForTest, spoolForTest, usage } from "./testing/spool.ts";
import type { Usage } from "./usage.ts";

const EPOCH = { gatewayId: "gw_a", epoch: 3n };
const SEGMENT_BYTES = 4 * 1024 * 1024;

const contentOf = (block: Block) => fromBinary(UsageRecordedSchema, block.bytes);
const accountsOf = (block: Block) => {
  const { kinds, kindIndexes } = contentOf(block);
  return kindIndexes.map((index) => kinds[index]?.accountId);
};

/** An epoch of groups of the given sizes; `accountOf` says whose each record is. */
async function epochOf(groups: readonly number[], accountOf: (sequence: number) => string) {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: SEGMENT_BYTES });
  const accounts: string[] = [];
  for (const size of groups) {
    const group = Array.from({ length: size }, (_, i): Usage => {
      const accountId = accountOf(accounts.length + i + 1);
      return { ...usage(1), accountId };
    });
    accounts.push(...group.map(({ accountId }) => accountId));
    await appendAll(spool, group);
  }
  return { dir: spool.dir, accounts };
}

test("a block tells its records by kind, in the order of their first use", async () => {
  const { dir } = await epochOf([2, 3], (sequence) => `acct_${sequence % 3}`);
  const block = readBlock(readerForTest(dir), EPOCH, 5);
  if (block === undefined) throw new Error("no block");
  expect(block).toMatchObject({ id: "gw_a.3.1-5", firstSequence: 1, lastSequence: 5 });
  expect(block.time).toEqual(new Date(1_800_000_000_000));
  const { kinds, ...rest } = contentOf(block);
  expect(rest).toMatchObject({
    ...{ gatewayId: "gw_a", epoch: 3n, firstSequence: 1n, format: BLOCK_FORMAT },
    kindIndexes: [0, 1, 2, 0, 1],
  });
  expect(kinds.map(({ accountId }) => accountId)).toEqual(["acct_1", "acct_2", "acct_0"]);
  expect(kinds[0]).toMatchObject({
    ...{ minute: 30_000_000n, keyId: "key_a", operation: "GetLocation", status: 200 },
    ...{ units: 1, leaseNumber: 1n, isLost: false },
  });
});

test("a block is full at 8,192 records, and the next continues within the group", async () => {
  const { dir, accounts } = await epochOf([5_000, 5_000], (sequence) => `acct_${sequence % 7}`);
  const reader = readerForTest(dir);
  const blocks = [readBlock(reader, EPOCH, 10_000), readBlock(reader, EPOCH, 10_000)];
  expect(blocks.map((each) => each?.id)).toEqual(["gw_a.3.1-8192", "gw_a.3.8193-10000"]);
  expect(blocks.flatMap((each) => (each ? accountsOf(each) : []))).toEqual(accounts);
  expect(BLOCK_RECORDS_MAX).toBe(8_192);
  expect(readBlock(reader, EPOCH, 10_000)).toBeUndefined();
});

test("a block of many large kinds ends before 512 KiB", async () => {
  const long = "a".repeat(400);
  const { dir, accounts } = await epochOf([1_000, 1_000], (sequence) => `${long}${sequence}`);
  const reader = readerForTest(dir);
  const read: (string | undefined)[] = [];
  for (
    let block = readBlock(reader, EPOCH, 2_000);
    block;
    block = readBlock(reader, EPOCH, 2_000)
  ) {
    expect(block.bytes.length).toBeLessThanOrEqual(BLOCK_BYTES_MAX);
    if (block.lastSequence < 2_000) expect(block.bytes.length).toBeGreaterThan(480 * 1024);
    read.push(...accountsOf(block));
  }
  expect(read).toEqual(accounts);
});

test("wherever reading begins and ends, blocks hold the same records, and the same range the same bytes", async () => {
  const groups = [1, 40, 3, 300, 1, 1, 90, 64];
  const { dir, accounts } = await epochOf(groups, (sequence) => `acct_${(sequence * 7) % 23}`);
  const bytesById = new Map<string, Buffer>();
  const range = fc.record({ from: fc.integer({ min: 1, max: 500 }), count: fc.nat(200) });
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), (ranges) => {
      const reader = readerForTest(dir);
      for (const { from, count } of ranges) {
        const through = Math.min(from + count, accounts.length);
        reader.seek(from);
        const block = readBlock(reader, EPOCH, through);
        if (block === undefined) throw new Error("no block");
        expect(accountsOf(block)).toEqual(accounts.slice(from - 1, through));
        const bytes = Buffer.from(block.bytes);
        expect(bytesById.get(block.id) ?? bytes).toEqual(bytes);
        bytesById.set(block.id, bytes);
      }
      reader.close();
    }),
  );
});
