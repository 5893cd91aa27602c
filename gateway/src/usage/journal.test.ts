import { eventually } from "@geomesh/testing/eventually";
import { expect, test } from "vitest";
import type { Releasable } from "./journal.ts";
import { TestDisk } from "./testing/disk.ts";
import {
  appendAll,
  dirForTest,
  readRecords,
  spoolForTest,
  usage,
  usages,
} from "./testing/spool.ts";
import { appendAndWait } from "./testing/when-durable.ts";

const broken = expect.objectContaining({ kind: "unavailable", reason: "USAGE_SPOOL_BROKEN" });
const full = expect.objectContaining({ kind: "unavailable", reason: "USAGE_SPOOL_FULL" });
const eio = Object.assign(new Error("EIO"), { code: "EIO" });
const enospc = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });

async function failingSpool(segmentBytes = 256 * 1024) {
  const [dir, disk, failures] = [dirForTest(), new TestDisk(), [] as unknown[]];
  const deps = { disk, fail: (cause: unknown) => failures.push(cause) };
  const spool = await spoolForTest(dir, { fsync: true, segmentBytes }, deps);
  return { dir, disk, failures, spool };
}

/** Says of each request what became of it, in order. */
function listeners(outcomes: string[]) {
  return (number: number): Releasable => ({
    release: () => void outcomes.push(`released ${number}`),
    withhold: ({ reason }) => void outcomes.push(`${reason} ${number}`),
  });
}

test.each<[fault: string, fail: (disk: TestDisk) => void]>([
  ["a sync that fails", (disk) => void Object.assign(disk, { isHolding: true })],
  ["a write without room", (disk) => void Object.assign(disk, { writeError: enospc })],
  ["a write that fails", (disk) => void Object.assign(disk, { writeError: eio })],
  ["a write that is cut short", (disk) => void Object.assign(disk, { writtenBytesMax: 50 })],
])(
  "%s takes its group back and ends the process, and no record is accepted until the next start",
  async (_, fail) => {
    const { dir, disk, failures, spool } = await failingSpool();
    await appendAll(spool, usages(3));
    fail(disk);
    const failing = [4, 5, 6].map((number) => appendAndWait(spool, usage(number)).durable);
    const outcomes = Promise.allSettled(failing);
    if (disk.isHolding) await eventually(() => expect(disk.underWay).toBe(1));
    disk.finishSync(eio);
    expect(await outcomes).toEqual(Array(3).fill({ status: "rejected", reason: broken }));
    expect(spool.durableSequence).toBe(3);
    expect(() => appendAndWait(spool, usage(7))).toThrow(broken);
    expect(spool.problems()).toMatchObject([{ reason: "spool_broken" }]);
    expect(failures).toHaveLength(1);
    await spool.close();

    const [recovered] = (await spoolForTest(dir)).recoveredEpochs;
    expect(recovered?.lastSequence).toBe(3);
    expect(readRecords(spool.dir)).toEqual(usages(3));
  },
);

test.each([
  ["after others", 3],
  ["as the first of all", 0],
])("a group that reappears %s, although its sync failed, is not read back", async (_, before) => {
  const { dir, disk, spool } = await failingSpool();
  await appendAll(spool, usages(before));
  Object.assign(disk, { isHolding: true, isCutting: false });
  const { durable } = appendAndWait(spool, usage(before + 1));
  await eventually(() => expect(disk.underWay).toBe(1));
  disk.finishSync(eio);
  await expect(durable).rejects.toEqual(broken);
  await spool.close();

  const next = await spoolForTest(dir);
  expect(next.recoveredEpochs[0]?.lastSequence).toBe(before);
  expect(readRecords(spool.dir)).toEqual(usages(before));
  expect(next.evidence).toMatchObject({ lostRecords: 0, damagedBytes: 0 });
});

test("records appended during a sync form the next group, and fail with the first", async () => {
  const { disk, spool } = await failingSpool();
  disk.isHolding = true;
  const outcomes: string[] = [];
  const listen = listeners(outcomes);
  spool.append(usage(1), listen(1));
  await eventually(() => expect(disk.underWay).toBe(1));
  spool.append(usage(2), listen(2));
  disk.finishSync(eio);
  expect(outcomes).toEqual(["USAGE_SPOOL_BROKEN 1", "USAGE_SPOOL_BROKEN 2"]);
});

test("with a slow disk one sync is under way, and durability has no gap", async () => {
  const { disk, spool } = await failingSpool();
  disk.isHolding = true;
  const outcomes: string[] = [];
  const listen = listeners(outcomes);
  for (let group = 0; group < 5; group++) {
    for (let i = 1; i <= 3; i++) spool.append(usage(group * 3 + i), listen(group * 3 + i));
    expect(outcomes).toHaveLength(Math.max(0, group - 1) * 3);
    await eventually(() => expect(disk.underWay).toBe(1));
    if (group > 0) disk.finishSync();
    expect(spool.durableSequence).toBe(group * 3);
  }
  disk.finishSync();
  expect(spool.durableSequence).toBe(15);
  expect(disk.underWayMax).toBe(1);
  expect(outcomes).toEqual(usages(15).map((_, i) => `released ${i + 1}`));
});

test("what waits for a sync is bounded: then records are refused, until the sync is over", async () => {
  const { disk, spool } = await failingSpool(4 * 1024 * 1024);
  disk.isHolding = true;
  const outcomes: string[] = [];
  const listen = listeners(outcomes);
  spool.append(usage(1), listen(1));
  await eventually(() => expect(disk.underWay).toBe(1));
  const key = "k".repeat(3_000);
  let appended = 1;
  const append = () => {
    const sequence = spool.append(
      { ...usage(1), keyId: `${key}${appended}` },
      listen(appended + 1),
    );
    expect(sequence).toBe(++appended);
  };
  expect(() => {
    for (;;) append();
  }).toThrow(full);
  expect(appended).toBeGreaterThan(300);
  expect(appended).toBeLessThan(350);
  disk.isHolding = false;
  disk.finishSync();
  append();
  await eventually(() => expect(outcomes).toHaveLength(appended));
  expect(readRecords(spool.dir)).toHaveLength(appended);
});

test("an answer that fails keeps back no other, and none is given within the append", async () => {
  const spool = await spoolForTest(dirForTest());
  const outcomes: string[] = [];
  const listen = listeners(outcomes);
  const release = () => {
    throw new Error("the socket is gone");
  };
  spool.append(usage(1), listen(1));
  spool.append(usage(2), { ...listen(2), release });
  spool.append(usage(3), listen(3));
  expect(outcomes).toEqual([]);
  await eventually(() => expect(outcomes).toEqual(["released 1", "released 3"]));
});

test("closing waits until appended records are durable", async () => {
  const spool = await spoolForTest(dirForTest(), { fsync: true });
  appendAndWait(spool, usage(1));
  await spool.close();
  expect(spool.durableSequence).toBe(1);
});

test("a kind too large for a frame is refused and uses up no sequence", async () => {
  const spool = await spoolForTest(dirForTest());
  const large = { ...usage(1), accountId: "a".repeat(4_096) };
  expect(() => appendAndWait(spool, large)).toThrow(full);
  expect(appendAndWait(spool, usage(1)).sequence).toBe(1);
});
