import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { eventually } from "@geomesh/testing/eventually";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readFrameHeader } from "./group-frame.ts";
import { recoverEpoch } from "./recovery.ts";
import { listSegments } from "./segment.ts";
import { publisherForTest, usageMeshForTest } from "./testing/publisher.ts";
import {
  appendWhenThereIsRoom,
  dirForTest,
  EvidenceStandIn,
  readRecords,
  spoolForTest,
  usages,
} from "./testing/spool.ts";

const RECORDS = 3_000;
/** Distinct usage in groups of this size takes four segments. */
const GROUP_RECORDS = 30;
const SEGMENT_BYTES = 44 * 1024;

interface Frame {
  readonly file: string;
  readonly start: number;
  readonly payloadEnd: number;
  /** Places of its records among all. */
  readonly from: number;
  readonly to: number;
}

function framesOf(dir: string): Frame[] {
  return listSegments(dir).flatMap(({ path: file }) => {
    const bytes = readFileSync(file);
    const frames: Frame[] = [];
    let start = 0;
    for (let header = readFrameHeader(bytes, 0); header; header = readFrameHeader(bytes, start)) {
      const [from, to] = [header.firstSequence - 1, header.lastSequence];
      frames.push({ file, start, payloadEnd: start + 32 + header.payloadBytes, from, to });
      start += header.bytes;
    }
    return frames;
  });
}

/** A gateway's data directory with four segments of usage that was answered; the gateway was stopped. */
async function fourSegments() {
  const dir = dirForTest();
  const spool = await spoolForTest(dir, { segmentBytes: SEGMENT_BYTES });
  const written = usages(RECORDS);
  for (let at = 0; at < RECORDS; at += GROUP_RECORDS) {
    const group = [];
    for (const one of written.slice(at, at + GROUP_RECORDS)) {
      group.push(await appendWhenThereIsRoom(spool, one));
    }
    await Promise.all(group.map(({ durable }) => durable));
  }
  await spool.close();
  const frames = framesOf(spool.dir);
  const files = [...new Set(frames.map(({ file }) => file))];
  expect(files).toHaveLength(4);
  return { dir, epochDir: spool.dir, written, frames, files };
}

test("of 3,000 records in four segments, a flipped byte anywhere loses none or those of its group, by name", async () => {
  const { epochDir, written, frames, files } = await fourSegments();
  const contents = new Map(files.map((file) => [file, readFileSync(file)]));
  const check = (file: string, at: number, mask: number) => {
    const bytes = contents.get(file) as Buffer;
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] as number) ^ mask;
    writeFileSync(file, damaged);
    const evidence = new EvidenceStandIn();
    const { lastSequence } = recoverEpoch(
      { gatewayId: "gw_a", epoch: 1n, dir: epochDir },
      evidence,
    );
    const records = readRecords(epochDir, lastSequence);
    writeFileSync(file, bytes);

    const hit = frames.find(
      (each) => each.file === file && at >= each.start && at < each.payloadEnd,
    );
    const lost = hit !== undefined && at >= hit.start + 32 ? hit : { from: 0, to: 0 };
    const expected = written.map((one, i) => (i >= lost.from && i < lost.to ? "lost" : one));
    expect(records).toEqual(expected);
    expect(evidence.lostRecords).toBe(lost.to - lost.from);
    // What follows a frame up to the next is in no sum, so a flip there is no damage.
    const isSeen =
      hit !== undefined ||
      at >= (frames.findLast((each) => each.file === file)?.payloadEnd ?? 0) + 32;
    if (isSeen) {
      expect(evidence.kept).toHaveLength(1);
      const [{ offset, bytes: kept } = { offset: -1, bytes: new Uint8Array() }] = evidence.kept;
      expect(Buffer.from(kept)).toEqual(damaged.subarray(offset, offset + kept.length));
      expect(at).toBeGreaterThanOrEqual(offset);
      expect(at).toBeLessThan(offset + kept.length);
    }
  };
  // The first and the last frame of each segment, header and payload; then anywhere.
  for (const file of files) {
    const own = frames.filter((each) => each.file === file);
    for (const frame of [own[0], own.at(-1)]) {
      if (frame === undefined) throw new Error("a segment without frames");
      for (const part of [0, 4, 8, 16, 20, 24, 28]) check(file, frame.start + part, 0x41);
      for (const at of [frame.start + 32, frame.payloadEnd - 1]) check(file, at, 0x41);
    }
  }
  const anywhere = fc.tuple(
    fc.constantFrom(...files),
    fc.nat(SEGMENT_BYTES - 1),
    fc.integer({ min: 1, max: 255 }),
  );
  fc.assert(
    fc.property(anywhere, (flip) => check(...flip)),
    { numRuns: 60 },
  );
});

test("after damage in the first of four segments all other groups are billed, and its bytes outlive the epoch", async () => {
  const { dir, epochDir, frames } = await fourSegments();
  const mesh = await usageMeshForTest();
  const damagedFrame = frames[3];
  if (damagedFrame === undefined) throw new Error("too few frames");
  const { file, start, from, to } = damagedFrame;
  const bytes = readFileSync(file);
  bytes[start + 100] = 0xff;
  writeFileSync(file, bytes);

  const next = await spoolForTest(dir, { segmentBytes: SEGMENT_BYTES });
  const { metrics } = publisherForTest(next, mesh);
  await eventually(() => expect(existsSync(epochDir)).toBe(false), { deadlineMs: 20_000 });
  const billed = Array.from({ length: RECORDS }, (_, i) => (i >= from && i < to ? 0 : i + 1));
  expect(mesh.metering.counted.get(1n)).toEqual(billed);
  expect(billed.filter((number) => number === 0)).toHaveLength(GROUP_RECORDS);

  const [name = "", ...more] = readdirSync(path.join(dir, "damaged"));
  expect(more).toEqual([]);
  const kept = readFileSync(path.join(dir, "damaged", name));
  expect(kept).toEqual(bytes.subarray(start, start + kept.length));
  const metric = (metricName: string) => metrics.registry.getSingleMetricAsString(metricName);
  expect(await metric("gateway_usage_damaged_records")).toMatch(/ 30$/m);
  expect(await metric("gateway_usage_damaged_bytes")).toMatch(new RegExp(` ${kept.length}$`, "m"));
}, 60_000);
