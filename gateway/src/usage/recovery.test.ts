import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
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
  EvidenceStandIn,
  readRecords,
  SILENT,
  spoolForTest,
  usages,
} from "./testing/spool.ts";

const written = usages(12);
const lost = (count: number) => Array(count).fill("lost");

interface Frame {
  readonly start: number;
  readonly headerEnd: number;
  readonly payloadEnd: number;
  readonly end: number;
}

function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let start = 0; ; ) {
    const header = readFrameHeader(bytes, start);
    if (header === undefined) return frames;
    const headerEnd = start + 32;
    const end = start + header.bytes;
    frames.push({ start, headerEnd, payloadEnd: headerEnd + header.payloadBytes, end });
    start = end;
  }
}

/** A directory with one segment that holds groups of three, as a crash leaves it or as a gateway that was stopped. */
async function oneSegment({ isStopped = false } = {}) {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 2_048 });
  for (let at = 0; at < written.length; at += 3) await appendAll(spool, written.slice(at, at + 3));
  const bytes = readFileSync(segmentPath(spool.dir, 1));
  const frames = framesOf(bytes);
  expect(frames).toHaveLength(4);
  await spool.close();
  if (!isStopped) rmSync(segmentPath(spool.dir, 13));
  return { dir: spool.dir, file: segmentPath(spool.dir, 1), bytes, frames };
}

function recovered(dir: string) {
  const evidence = new EvidenceStandIn();
  const { lastSequence } = recoverEpoch({ gatewayId: "gw_a", epoch: 1n, dir }, evidence);
  const kept = evidence.kept.map(({ isTorn }) => (isTorn ? "torn" : "damaged"));
  const { lostRecords } = evidence;
  return { lastSequence, records: readRecords(dir, lastSequence), kept, lostRecords };
}

function flipped(bytes: Buffer, at: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[at] = (damaged[at] as number) ^ 0x41;
  return damaged;
}

test("a segment that a crash cut anywhere has all groups before, and the cut one is torn, not lost", async () => {
  const { dir, file, bytes, frames } = await oneSegment();
  const edges = frames.flatMap(({ start, headerEnd, payloadEnd, end }) =>
    [start, start + 9, headerEnd, headerEnd + 40, payloadEnd, end].flatMap((at) => [at, at + 1]),
  );
  for (const length of [...edges.slice(0, -1), ...edges.map((at) => Math.max(0, at - 1))]) {
    writeFileSync(file, bytes.subarray(0, length));
    const { records, lostRecords, kept } = recovered(dir);
    const whole = frames.filter(({ payloadEnd }) => payloadEnd <= length).length;
    expect(records, `cut to ${length}`).toEqual(written.slice(0, whole * 3));
    expect(lostRecords).toBe(0);
    const isBetween = length <= (frames[whole]?.start ?? Number.POSITIVE_INFINITY);
    expect(kept, `cut to ${length}`).toEqual(isBetween ? [] : ["torn"]);
  }
});

test("whatever sectors of a group a power cut left unwritten, the group is torn and no group is lost", async () => {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 8_192 });
  await appendAll(spool, usages(5));
  await appendAll(spool, usages(60));
  const file = segmentPath(spool.dir, 1);
  const bytes = readFileSync(file);
  await spool.close();
  rmSync(segmentPath(spool.dir, 66));
  const [, { start, payloadEnd } = { start: 0, payloadEnd: 0 }] = framesOf(bytes);
  const sectors: [from: number, to: number][] = [];
  for (let from = start; from < payloadEnd; ) {
    const to = Math.min(payloadEnd, (Math.floor(from / 512) + 1) * 512);
    sectors.push([from, to]);
    from = to;
  }
  expect(sectors.length).toBeGreaterThan(5);
  for (let unwritten = 1; unwritten < 2 ** sectors.length; unwritten++) {
    const left = Buffer.from(bytes);
    for (const [i, [from, to]] of sectors.entries())
      if (unwritten & (2 ** i)) left.fill(0, from, to);
    writeFileSync(file, left);
    const { lastSequence, lostRecords, kept } = recovered(spool.dir);
    expect([lastSequence, lostRecords], `${unwritten}`).toEqual([5, 0]);
    expect(kept).toEqual(unwritten === 2 ** sectors.length - 1 ? [] : ["torn"]);
  }
});

test.each([
  ["crashed", false],
  ["was stopped", true],
])(
  "after a gateway %s, a flipped byte of a header costs nothing, and one of a payload its group alone",
  async (_, isStopped) => {
    const { dir, file, bytes, frames } = await oneSegment({ isStopped });
    const places = frames.flatMap(({ start, headerEnd, payloadEnd }) => {
      const payload = [headerEnd, headerEnd + 1, headerEnd + 50, payloadEnd - 2, payloadEnd - 1];
      return [...Array.from({ length: 32 }, (_, i) => start + i), ...payload];
    });
    for (const at of places) {
      writeFileSync(file, flipped(bytes, at));
      const { records, lostRecords, kept } = recovered(dir);
      const hit = frames.findIndex(({ payloadEnd }) => at < payloadEnd);
      const expected: unknown[] = [...written];
      if (at >= (frames[hit]?.headerEnd ?? 0)) expected.splice(hit * 3, 3, ...lost(3));
      expect(records, `byte ${at}`).toEqual(expected);
      expect(lostRecords).toBe(expected.filter((each) => each === "lost").length);
      expect(kept).toEqual(["damaged"]);
    }
  },
);

test("a last header that is damaged beyond repair is lost where the gateway was stopped, and kept after a crash", async () => {
  for (const isStopped of [true, false]) {
    const { dir, file, bytes, frames } = await oneSegment({ isStopped });
    const start = frames.at(-1)?.start ?? 0;
    writeFileSync(file, flipped(flipped(bytes, start + 8), start + 20));
    const { records, kept } = recovered(dir);
    expect(records).toEqual([...written.slice(0, 9), ...lost(isStopped ? 3 : 0)]);
    expect(kept).toEqual(["damaged"]);
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
    { numRuns: 100 },
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

test("where a copy of damaged bytes cannot be written, the segment gets a second name, which outlives the epoch", async () => {
  const { dir, file, bytes, frames } = await oneSegment();
  const { start = 0, headerEnd = 0 } = frames[1] ?? {};
  const damaged = flipped(bytes, headerEnd + 5);
  writeFileSync(file, damaged);
  const evidenceDir = dirForTest();
  const name = `gw_a-epoch-1-${path.basename(file, ".spool")}-${start}.damaged`;
  mkdirSync(path.join(evidenceDir, `${name}.draft`, "in-the-way"), { recursive: true });
  const evidence = new Evidence({ dir: evidenceDir, log: SILENT });
  recoverEpoch({ gatewayId: "gw_a", epoch: 1n, dir }, evidence);
  rmSync(dir, { recursive: true });
  expect(readdirSync(evidenceDir)).toEqual([name]);
  const kept = readFileSync(path.join(evidenceDir, name));
  expect(kept).toEqual(damaged.subarray(0, kept.length));
  expect(kept.length).toBe(frames.at(-1)?.end);
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
