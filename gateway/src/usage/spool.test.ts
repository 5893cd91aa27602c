import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listEpochs } from "./epochs.ts";
import { listSegments, segmentPath } from "./segment.ts";
import {
  appendAll,
  appendOneByOne,
  appendWhenThereIsRoom,
  dirForTest,
  readRecords,
  spoolForTest,
  usage,
  usages,
} from "./testing/spool.ts";
import { appendAndWait } from "./testing/when-durable.ts";
import { workerDir } from "./worker-dirs.ts";

test.each([
  [true, "with sync"],
  [false, "without sync"],
])("durable records are read back by the next start, each as it was (%s, %s)", async (fsync) => {
  const dir = dirForTest();
  const first = await spoolForTest(dir, { fsync });
  const written = usages(1_500);
  expect(await appendAll(first, written)).toEqual(written.map((_, i) => i + 1));
  expect(first.durableSequence).toBe(1_500);
  await first.close();

  const second = await spoolForTest(dir, { fsync });
  const [recovered] = second.recoveredEpochs;
  expect(recovered).toEqual({
    ...{ gatewayId: first.gatewayId, epoch: 1n },
    ...{ dir: first.dir, lastSequence: 1_500 },
  });
  expect(readRecords(first.dir, 1_500)).toEqual(written);
});

test("sequences have no gap where one segment ends and the next begins", async () => {
  const dir = dirForTest();
  const spool = await spoolForTest(dir, { segmentBytes: 1_024 });
  const written = usages(200);
  for (const [i, record] of written.entries()) {
    const { sequence, durable } = await appendWhenThereIsRoom(spool, record);
    expect(sequence).toBe(i + 1);
    await durable;
  }
  expect(readRecords(spool.dir, spool.durableSequence)).toEqual(written);
});

test("a listener hears of each group after it became durable", async () => {
  const spool = await spoolForTest(dirForTest(), { fsync: true });
  const heard: number[] = [];
  spool.onDurable(() => heard.push(spool.durableSequence));
  await appendAll(spool, usages(3));
  await appendAll(spool, usages(2));
  expect(heard).toEqual([3, 5]);
});

test("a full spool refuses records without using up a sequence, and continues once segments are deleted", async () => {
  const spool = await spoolForTest(dirForTest(), { segmentBytes: 1_024, bytesMax: 2_048 });
  const full = expect.objectContaining({ kind: "unavailable", reason: "USAGE_SPOOL_FULL" });
  let last = 0;
  const appendUntilRefused = async () => {
    for (;;) last = (await appendWhenThereIsRoom(spool, usage(1), 300)).sequence;
  };
  await expect(appendUntilRefused()).rejects.toEqual(full);
  expect(() => appendAndWait(spool, usage(1))).toThrow(full);
  expect(spool.problems()).toMatchObject([{ reason: "spool_full" }]);
  rmSync(segmentPath(spool.dir, 1));
  const { sequence, durable } = await appendWhenThereIsRoom(spool, usage(1));
  await durable;
  expect(spool.problems()).toEqual([]);
  expect(sequence).toBe(last + 1);
});

test("starts without metering take no more of the disk than their records need", async () => {
  const dir = dirForTest();
  const segmentBytes = 64 * 1024;
  const options = { segmentBytes, bytesMax: 4 * segmentBytes };
  for (let start = 1; start <= 8; start++) {
    const spool = await spoolForTest(dir, options);
    await appendAll(spool, usages(5));
    await spool.close();
  }
  const last = await spoolForTest(dir, options);
  const files = last.recoveredEpochs.flatMap((each) => listSegments(each.dir));
  const bytes = files.reduce((sum, file) => sum + statSync(file.path).size, 0);
  expect(bytes).toBeLessThan(8 * 5 * 100);
  await appendOneByOne(last, usages(2_000));
  for (const { dir: epochDir } of last.recoveredEpochs) {
    expect(readRecords(epochDir, 5)).toEqual(usages(5));
  }
});

test("a second gateway with the same directory is refused, and may start when the first has closed", async () => {
  const dir = dirForTest();
  const first = await spoolForTest(dir);
  const refused = { kind: "failed_precondition", reason: "DIRECTORY_IN_USE" };
  await expect(spoolForTest(dir)).rejects.toMatchObject(refused);
  expect(listEpochs(workerDir(dir, 1))).toHaveLength(1);
  await first.close();
  expect((await spoolForTest(dir)).epoch).toBe(2n);
});

test("a directory that cannot be made has an error of its own", async () => {
  const opening = spoolForTest("/dev/null/spool");
  await expect(opening).rejects.toMatchObject({ reason: "USAGE_SPOOL_UNWRITABLE" });
});

test("a directory that cannot be used is one clear error, and is unlocked again", async () => {
  const dir = dirForTest();
  await (await spoolForTest(dir)).close();
  rmSync(join(workerDir(dir, 1), "epoch-counter"));
  const inTheWay = join(workerDir(dir, 1), "epoch-counter");
  mkdirSync(inTheWay, { recursive: true });
  await expect(spoolForTest(dir)).rejects.toMatchObject({
    reason: "USAGE_SPOOL_UNWRITABLE",
    publicMessage: expect.stringContaining(dir),
  });
  rmSync(inTheWay, { recursive: true });
  await (await spoolForTest(dir)).close();
});
