import fc from "fast-check";
import { expect, test } from "vitest";
import { ChangeLog } from "./change-log.ts";

const frameOf = (id: string, revision: bigint) => Buffer.from(`${id}@${revision}`);

/** All pages after a revision, put together. */
function readFrom(log: ChangeLog, after: bigint, limit: number): string[] {
  const read: string[] = [];
  for (let cursor = after; ; ) {
    const { frames, through, isLast } = log.pageAfter(cursor, limit);
    expect(frames.length).toBeLessThanOrEqual(limit);
    read.push(...frames.map(String));
    if (isLast) return read;
    expect(through).toBeGreaterThan(cursor);
    cursor = through;
  }
}

test("whoever reads from any revision on, in pages of any size, gets the newest version of each record that is newer", () => {
  const ids = fc.array(fc.nat({ max: 30 }), { maxLength: 200 });
  fc.assert(
    fc.property(ids, fc.nat({ max: 210 }), fc.integer({ min: 1, max: 50 }), (all, after, limit) => {
      const log = new ChangeLog();
      const newest = new Map<string, bigint>();
      for (const [index, id] of all.entries()) {
        const revision = BigInt(index + 1);
        newest.delete(`r${id}`);
        newest.set(`r${id}`, revision);
        log.append(`r${id}`, revision, frameOf(`r${id}`, revision));
      }
      const expected = [...newest].filter(([, revision]) => revision > BigInt(after));
      expect(readFrom(log, BigInt(after), limit)).toEqual(
        expected.map(([id, revision]) => frameOf(id, revision).toString()),
      );
    }),
  );
});

test("frames of any length stay as they were, also beside those that went and beyond a chunk", () => {
  const log = new ChangeLog();
  const lengthOf = (revision: number) => [1, 700_000, 40, 1_500_000, 3][revision % 5] ?? 0;
  for (let revision = 1; revision <= 200; revision++) {
    const frame = Buffer.alloc(lengthOf(revision), revision);
    log.append(`r${revision % 7}`, BigInt(revision), frame);
  }
  const { frames } = log.pageAfter(0n, 100);
  const seen = frames.map((frame) => [frame.length, new Set(frame)]);
  const newest = [194, 195, 196, 197, 198, 199, 200];
  expect(seen).toEqual(newest.map((revision) => [lengthOf(revision), new Set([revision])]));
});

test("long versions that short ones replace are let go, however few they are", () => {
  const log = new ChangeLog();
  let most = 0;
  for (let revision = 1n; revision <= 300n; revision++) {
    log.append("r", revision, Buffer.alloc(revision % 2n === 0n ? 10 : 500_000));
    most = Math.max(most, log.bytes);
  }
  expect(most).toBeLessThan(8 * 1024 * 1024);
});

test("memory follows the records, not their changes", () => {
  const log = new ChangeLog();
  let [places, bytes] = [0, 0];
  for (let revision = 1n; revision <= 50_000n; revision++) {
    log.append(`r${revision % 10n}`, revision, frameOf("r", revision));
    places = Math.max(places, log.places);
    bytes = Math.max(bytes, log.bytes);
  }
  expect(places).toBeLessThanOrEqual(1_010);
  expect(bytes).toBeLessThan(2 * 1024 * 1024);
  expect(log.records).toBe(10);
  expect(readFrom(log, 0n, 3)).toHaveLength(10);
  expect(readFrom(log, 49_995n, 3)).toHaveLength(5);
});
