import type * as fs from "node:fs";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import {
  appendAll,
  dirForTest,
  readRecords,
  spoolForTest,
  usage,
  usages,
} from "./testing/spool.ts";
import { appendAndWait } from "./when-durable.ts";

/** What the disk does: no disk fails on demand, so these two calls are wrapped. */
const disk = vi.hoisted(() => ({
  isSyncFailing: false,
  writtenBytesMax: Number.POSITIVE_INFINITY,
}));

vi.mock(import("node:fs"), async (original) => {
  const real = await original();
  const fdatasync = (fd: number, done: fs.NoParamCallback) =>
    disk.isSyncFailing
      ? setImmediate().then(() => done(new Error("EIO")))
      : real.fdatasync(fd, done);
  const writeSync = (fd: number, bytes: Buffer, from: number, length: number, at: number) =>
    real.writeSync(fd, bytes, from, Math.min(length, disk.writtenBytesMax), at);
  return { ...real, fdatasync, writeSync } as unknown as typeof real;
});

const sound = { ...disk };
afterEach(() => void Object.assign(disk, sound));

const broken = expect.objectContaining({ kind: "unavailable", reason: "USAGE_SPOOL_BROKEN" });

test.each([
  { fault: "a sync that fails", isSyncFailing: true, writtenBytesMax: Number.POSITIVE_INFINITY },
  { fault: "a write that is cut short", isSyncFailing: false, writtenBytesMax: 130 },
])("$fault removes its group, and no record is accepted until the next start", async (fault) => {
  const dir = dirForTest();
  const spool = await spoolForTest(dir, { fsync: true });
  await appendAll(spool, usages(3));
  Object.assign(disk, fault);
  const failing = [
    appendAndWait(spool, usage(4)),
    appendAndWait(spool, usage(5)),
    appendAndWait(spool, usage(6)),
  ];
  const outcomes = await Promise.allSettled(failing.map(({ durable }) => durable));
  Object.assign(disk, sound);
  expect(outcomes).toEqual(Array(3).fill({ status: "rejected", reason: broken }));
  expect(spool.durableSequence).toBe(3n);
  expect(() => appendAndWait(spool, usage(7))).toThrow(broken);
  await spool.close();

  const [recovered] = (await spoolForTest(dir)).recoveredEpochs;
  expect(recovered?.lastSequence).toBe(3n);
  expect(readRecords(spool.dir, 99n)).toEqual(usages(3));
});

test("records appended during a sync form the next group, and fail with it", async () => {
  const spool = await spoolForTest(dirForTest(), { fsync: true });
  const first = appendAndWait(spool, usage(1));
  disk.isSyncFailing = true;
  await setImmediate();
  const second = appendAndWait(spool, usage(2));
  await expect(first.durable).rejects.toEqual(broken);
  await expect(second.durable).rejects.toEqual(broken);
});

test("closing waits until appended records are durable", async () => {
  const spool = await spoolForTest(dirForTest(), { fsync: true });
  appendAndWait(spool, usage(1));
  await spool.close();
  expect(spool.durableSequence).toBe(1n);
});

test("a record too large for a frame is refused and uses up no sequence", async () => {
  const spool = await spoolForTest(dirForTest());
  const large = { ...usage(1), accountId: "a".repeat(4_096) };
  expect(() => appendAndWait(spool, large)).toThrow(
    expect.objectContaining({ reason: "USAGE_SPOOL_FULL" }),
  );
  expect(appendAndWait(spool, usage(1)).sequence).toBe(1);
});
