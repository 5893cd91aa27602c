import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createUsageEncoder } from "./encode-usage.ts";
import { FRAME_HEADER_BYTES } from "./record-frame.ts";
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

const encode = createUsageEncoder();
const frameBytes = (record: (typeof written)[number]) => FRAME_HEADER_BYTES + encode(record).length;
const written = usages(12);

/** A directory with one segment that holds what was written. */
async function oneSegment(): Promise<{ dir: string; file: string; bytes: Buffer }> {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 1_024 });
  await appendAll(spool, written);
  await spool.close();
  const file = segmentPath(spool.dir, 1n);
  return { dir: spool.dir, file, bytes: readFileSync(file) };
}

function recovered(dir: string) {
  const { lastSequence } = recoverEpoch({ epoch: 1n, dir }, SILENT);
  return { lastSequence, records: readRecords(dir, lastSequence) };
}

test("a segment that was cut anywhere gives the longest prefix of complete records", async () => {
  const { dir, file, bytes } = await oneSegment();
  let [whole, end] = [0, 0];
  for (let length = 0; length <= bytes.length; length++) {
    const next = written[whole];
    if (next !== undefined && length === end + frameBytes(next)) {
      whole += 1;
      end = length;
    }
    writeFileSync(file, bytes.subarray(0, length));
    expect(recovered(dir)).toEqual({
      lastSequence: BigInt(whole),
      records: written.slice(0, whole),
    });
  }
  expect(whole).toBe(written.length);
});

test("flipped bits never give a record that was not written, and cost none before them", async () => {
  const { dir, file, bytes } = await oneSegment();
  const offset = fc.nat(bytes.length - 1);
  const flips = fc.uniqueArray(fc.tuple(offset, fc.integer({ min: 1, max: 255 })), {
    selector: ([at]) => at,
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(flips, (each) => {
      const damaged = Buffer.from(bytes);
      for (const [at, mask] of each) damaged[at] = (damaged[at] as number) ^ mask;
      writeFileSync(file, damaged);
      const { records } = recovered(dir);
      expect(records).toEqual(written.slice(0, records.length));
      const first = Math.min(...each.map(([at]) => at));
      let [whole, end] = [0, 0];
      for (const record of written) {
        end += frameBytes(record);
        if (end <= first) whole += 1;
      }
      expect(records.length).toBeGreaterThanOrEqual(whole);
    }),
    { numRuns: 500 },
  );
});

/** An epoch of several small segments. */
async function severalSegments(): Promise<string> {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 256 });
  await appendOneByOne(spool, written);
  await spool.close();
  return spool.dir;
}

test("segments after a damaged one are set aside, never renumbered", async () => {
  const dir = await severalSegments();
  const [first, second, ...later] = listSegments(dir);
  if (first === undefined || second === undefined) throw new Error("too few segments");
  truncateSync(second.path, 20);
  const names = later.map(({ path: file }) => path.basename(file));

  const { lastSequence, records } = recovered(dir);
  expect(lastSequence).toBe(second.firstSequence - 1n);
  expect(records).toEqual(written.slice(0, Number(lastSequence)));
  const aside = readdirSync(dir).filter((name) => name.endsWith(".damaged"));
  expect(aside.sort()).toEqual(names.map((name) => `${name}.damaged`));
  expect(recovered(dir).lastSequence).toBe(lastSequence);
});

test("an epoch whose first segments were deleted continues with the sequence of the next", async () => {
  const dir = await severalSegments();
  const [, ...left] = listSegments(dir);
  const copy = path.join(dirForTest(), "epoch-1");
  mkdirSync(copy);
  for (const segment of left) cpSync(segment.path, path.join(copy, path.basename(segment.path)));
  const { lastSequence, records } = recovered(copy);
  expect(lastSequence).toBe(12n);
  expect(records).toEqual(written.slice(Number(left[0]?.firstSequence) - 1));
});
