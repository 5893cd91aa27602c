import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Evidence } from "./evidence.ts";
import { readFrameHeader } from "./group-frame.ts";
import { recoverEpoch } from "./recovery.ts";
import { listSegments, segmentPath } from "./segment.ts";
import {
  appendAll,
  appendOneByOne,
  dirForTest,
  readRecords,
  SILENT,
  spoolForTest,
  usages,
} from "./testing/spool.ts";

const written = usages(12);
const lost = (count: number) => Array(count).fill("lost");

/** A directory with one segment that holds what was written, in groups of three. */
async function oneSegment() {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 2_048 });
  for (let at = 0; at < written.length; at += 3) await appendAll(spool, written.slice(at, at + 3));
  await spool.close();
  const file = segmentPath(spool.dir, 1);
  const bytes = readFileSync(file);
  const frames: { start: number; end: number; headerEnd: number; payloadEnd: number }[] = [];
  for (let start = 0; ; ) {
    const header = readFrameHeader(bytes, start);
    if (header === undefined) break;
    const headerEnd = start + 32;
    const end = start + header.bytes;
    frames.push({ start, end, headerEnd, payloadEnd: headerEnd + header.payloadBytes });
    start = end;
  }
  expect(frames).toHaveLength(4);
  return { dir: spool.dir, file, bytes, frames };
}

function recovered(dir: string) {
  const evidence = new Evidence({ dir: dirForTest(), log: SILENT });
  const { lastSequence } = recoverEpoch({ gatewayId: "gw_a", epoch: 1n, dir }, evidence);
  return { lastSequence, records: readRecords(dir, lastSequence), evidence };
}

test("a segment that was cut anywhere loses only its last group, and no group before it", async () => {
  const { dir, file, bytes, frames } = await oneSegment();
  const last = frames.at(-1)?.end ?? 0;
  for (let length = 0; length <= last; length++) {
    writeFileSync(file, bytes.subarray(0, length));
    const { records } = recovered(dir);
    const whole = frames.filter(({ payloadEnd }) => payloadEnd <= length).length;
    const isHeaderLeft = frames[whole] !== undefined && frames[whole].headerEnd <= length;
    expect(records).toEqual([...written.slice(0, whole * 3), ...lost(isHeaderLeft ? 3 : 0)]);
  }
});

test("each flipped byte costs its group alone: it is lost, all others are billed, and the bytes are kept", async () => {
  const { dir, file, bytes, frames } = await oneSegment();
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] as number) ^ 0x41;
    writeFileSync(file, damaged);
    const { records, evidence } = recovered(dir);
    const hit = frames.findIndex(({ start, payloadEnd }) => at >= start && at < payloadEnd);
    const isHeader = hit >= 0 && at < (frames[hit]?.headerEnd ?? 0);
    const expected: unknown[] = [...written];
    if (hit >= 0) expected.splice(hit * 3, 3, ...lost(3));
    // Nothing tells a last group without a header from one that was never finished.
    if (hit === frames.length - 1 && isHeader) expected.splice(hit * 3);
    expect(records, `byte ${at}`).toEqual(expected);
    expect(evidence.lostRecords).toBe(expected.filter((each) => each === "lost").length);
    if (hit >= 0) expect(evidence.damagedBytes).toBeGreaterThan(0);
  }
});

test("whatever is flipped, no record comes that was not written, and none comes in another's place", async () => {
  const { dir, file, bytes } = await oneSegment();
  const flip = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(fc.array(flip, { minLength: 2, maxLength: 6 }), (flips) => {
      const damaged = Buffer.from(bytes);
      for (const [at, mask] of flips) damaged[at] = (damaged[at] as number) ^ mask;
      writeFileSync(file, damaged);
      const { records, lastSequence } = recovered(dir);
      expect(records).toHaveLength(lastSequence);
      for (const [i, record] of records.entries()) {
        if (record !== "lost") expect(record).toEqual(written[i]);
      }
    }),
    { numRuns: 500 },
  );
});

test("damaged bytes are kept as they were, once, however often the epoch is read", async () => {
  const { dir, file, bytes, frames } = await oneSegment();
  const [, second] = frames;
  if (second === undefined) throw new Error("too few frames");
  const damaged = Buffer.from(bytes);
  damaged[second.headerEnd] = 0xff;
  writeFileSync(file, damaged);
  const evidenceDir = dirForTest();
  for (let start = 0; start < 2; start++) {
    const evidence = new Evidence({ dir: evidenceDir, log: SILENT });
    const epoch = { gatewayId: "gw_a", epoch: 1n, dir };
    recoverEpoch(epoch, evidence);
    recoverEpoch(epoch, evidence);
    expect(evidence).toMatchObject({ damagedBytes: second.end - second.start, lostRecords: 3 });
  }
  const [name, ...more] = readdirSync(evidenceDir);
  expect(more).toEqual([]);
  expect(name).toMatch(/^gw_a-epoch-1-0{19}1-\d+\.damaged$/);
  const kept = readFileSync(path.join(evidenceDir, name as string));
  expect(kept).toEqual(damaged.subarray(second.start, second.end));
});

/** An epoch of several small segments. */
async function severalSegments(): Promise<string> {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 256 });
  await appendOneByOne(spool, written);
  await spool.close();
  return spool.dir;
}

test("of a segment that was cut the rest is lost, and the segments after it are not", async () => {
  const dir = await severalSegments();
  const [, second, third] = listSegments(dir);
  if (second === undefined || third === undefined) throw new Error("too few segments");
  truncateSync(second.path, 20);
  const { lastSequence, records } = recovered(dir);
  expect(lastSequence).toBe(12);
  const [from, to] = [second.firstSequence - 1, third.firstSequence - 1];
  expect(records).toEqual([...written.slice(0, from), ...lost(to - from), ...written.slice(to)]);
});

test("an epoch whose first segments were deleted continues with the sequence of the next", async () => {
  const dir = await severalSegments();
  const [, ...left] = listSegments(dir);
  const copy = path.join(dirForTest(), "epoch-1");
  mkdirSync(copy);
  for (const segment of left) cpSync(segment.path, path.join(copy, path.basename(segment.path)));
  const { lastSequence, records } = recovered(copy);
  expect(lastSequence).toBe(12);
  expect(records).toEqual(written.slice((left[0]?.firstSequence ?? 0) - 1));
});
