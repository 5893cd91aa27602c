import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type UsageRecord,
  UsageRecordSchema,
} from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { onTestFinished } from "vitest";
import { Reader } from "../reader.ts";
import { type Appended, openSpool, type Spool, type SpoolOptions } from "../spool.ts";

export const SILENT = createLog({ service: "test", level: "silent" });

/** An empty directory that goes with the test. */
export function dirForTest(): string {
  const dir = mkdtempSync(path.join(tmpdir(), "geomesh-spool-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A spool without sync that stays open until `close` or the end of the test. */
export async function spoolForTest(
  dir: string,
  options: Partial<SpoolOptions> = {},
): Promise<Spool> {
  const spool = await openSpool(
    { clock: SYSTEM_CLOCK, log: SILENT },
    { ...{ dir, fsync: false, segmentBytes: 256 * 1024, bytesMax: 1 << 30 }, ...options },
  );
  let closed: Promise<void> | undefined;
  const closeSpool = spool.close;
  spool.close = () => {
    closed ??= closeSpool();
    return closed;
  };
  onTestFinished(spool.close);
  return spool;
}

/** A record that can be told from others by its number. */
export function usage(number: number): UsageRecord {
  return create(UsageRecordSchema, {
    timeMs: 1_800_000_000_000n + BigInt(number),
    accountId: `acct_${number}`,
    keyId: "key_a",
    operation: "GetLocation",
    status: 200,
    units: 1,
    leaseNumber: 1n,
  });
}

export const usages = (count: number) => Array.from({ length: count }, (_, i) => usage(i + 1));

/** Appends records that follow each other, and waits until all are durable. */
export async function appendAll(spool: Spool, records: readonly UsageRecord[]): Promise<bigint[]> {
  const appended = records.map((record) => spool.append(record));
  await Promise.all(appended.map(({ durable }) => durable));
  return appended.map(({ sequence }) => sequence);
}

/** Appends as soon as there is room, which takes a moment to make. Errors: that of the last try after `deadlineMs`. */
export const appendWhenThereIsRoom = (
  spool: Spool,
  record: UsageRecord,
  deadlineMs = 5_000,
): Promise<Appended> => eventually(() => spool.append(record), { deadlineMs });

/** Appends records in groups of one, over as many segments as it takes. */
export async function appendOneByOne(spool: Spool, records: readonly UsageRecord[]): Promise<void> {
  for (const record of records) await (await appendWhenThereIsRoom(spool, record)).durable;
}

/** All records of an epoch's directory, as a reader sees them. */
export function readRecords(dir: string, lastSequence: bigint): UsageRecord[] {
  const reader = new Reader(dir);
  try {
    return reader
      .read(Number.MAX_SAFE_INTEGER, lastSequence)
      .map((payload) => fromBinary(UsageRecordSchema, payload));
  } finally {
    reader.close();
  }
}
