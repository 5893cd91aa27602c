import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Reader } from "./reader.ts";
import { listSegments, segmentPath } from "./segment.ts";
import {
  appendAll,
  appendOneByOne,
  dirForTest,
  readRecords,
  spoolForTest,
  usages,
} from "./testing/spool.ts";

const written = usages(40);

/** An epoch of several segments that is still written to. */
async function severalSegments(): Promise<string> {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 512 });
  await appendOneByOne(spool, written);
  expect(listSegments(spool.dir).length).toBeGreaterThan(3);
  return spool.dir;
}

test("a reader returns no record beyond a sequence, and at most so many at once", async () => {
  const reader = new Reader(await severalSegments());
  expect(reader.read(3, 40n)).toHaveLength(3);
  expect(reader.read(500, 5n)).toHaveLength(2);
  expect(reader.read(500, 5n)).toHaveLength(0);
  expect(reader.nextSequence).toBe(6n);
  expect(reader.read(500, 40n)).toHaveLength(35);
  reader.close();
});

test("a reader that seeks a sequence returns that record next, wherever it was before", async () => {
  const dir = await severalSegments();
  const reader = new Reader(dir);
  for (const sequence of [1, 40, 17, 2, 41, 9]) {
    reader.seek(BigInt(sequence));
    expect(reader.nextSequence).toBe(BigInt(sequence));
    const payloads = reader.read(500, 40n);
    expect(payloads).toHaveLength(41 - sequence);
  }
  reader.close();
});

test("a damaged record ends the reading; it does not hang", async () => {
  const spool = await spoolForTest(dirForTest());
  await appendAll(spool, written);
  writeFileSync(segmentPath(spool.dir, 1n), Buffer.alloc(512, 0xff));
  expect(readRecords(spool.dir, 40n)).toEqual([]);
});
