import { rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { listSegments, segmentPath } from "./segment.ts";
import {
  appendAll,
  appendOneByOne,
  dirForTest,
  readerForTest,
  readRecords,
  spoolForTest,
  takePiece,
  usage,
  usages,
} from "./testing/spool.ts";

const written = usages(40);
const lost = (count: number) => Array(count).fill("lost");

/** An epoch of several segments that is still written to. */
async function severalSegments(): Promise<string> {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 512 });
  await appendOneByOne(spool, written);
  expect(listSegments(spool.dir).length).toBeGreaterThan(3);
  return spool.dir;
}

test("a reader returns no record beyond a sequence", async () => {
  const reader = readerForTest(await severalSegments());
  for (let number = 1; number <= 5; number++) {
    expect(takePiece(reader, 5)).toEqual([usage(number)]);
  }
  expect(takePiece(reader, 5)).toBeUndefined();
  expect(reader.nextSequence).toBe(6);
});

test("records of a group can be taken in parts", async () => {
  const spool = await spoolForTest(dirForTest());
  await appendAll(spool, written);
  const reader = readerForTest(spool.dir);
  expect(takePiece(reader, 7)).toEqual(written.slice(0, 7));
  expect(takePiece(reader, 40)).toEqual(written.slice(7));
});

test("a reader that seeks a sequence returns that record next, wherever it was before", async () => {
  const reader = readerForTest(await severalSegments());
  for (const sequence of [1, 40, 17, 2, 41, 9]) {
    reader.seek(sequence);
    for (let number = sequence; number <= 40; number++) {
      expect(takePiece(reader, 40)).toEqual([usage(number)]);
    }
    expect(reader.nextSequence).toBe(41);
  }
});

test("what is damaged while it is written to is lost up to what was durable; the reader does not hang", async () => {
  const spool = await spoolForTest(dirForTest());
  await appendAll(spool, written);
  writeFileSync(segmentPath(spool.dir, 1), Buffer.alloc(512, 0xff));
  const reader = readerForTest(spool.dir);
  expect(takePiece(reader, 40)).toEqual(lost(40));
  expect(takePiece(reader, 40)).toBeUndefined();
});

test("records whose segment is missing are lost, and those after it are not", async () => {
  const dir = await severalSegments();
  const [, second, third] = listSegments(dir);
  if (second === undefined || third === undefined) throw new Error("too few segments");
  rmSync(second.path);
  const [from, to] = [second.firstSequence - 1, third.firstSequence - 1];
  const expected = [...written.slice(0, from), ...lost(to - from), ...written.slice(to)];
  expect(readRecords(dir, 40)).toEqual(expected);
});

test("records before the first segment are lost where they are asked for, and millions of them in pieces", async () => {
  const spool = await spoolForTest(dirForTest());
  await appendAll(spool, usages(3));
  const reader = readerForTest(spool.dir);
  rmSync(segmentPath(spool.dir, 1));
  reader.seek(1);
  expect(takePiece(reader, 3_000_000)).toEqual(lost(8_192));
  expect(reader.nextSequence).toBe(8_193);
});
