import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { UsageRecordSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { onTestFinished } from "vitest";
import { Reader } from "../reader.ts";
import { openSpool, type Spool, type SpoolOptions, type Usage } from "../spool.ts";
import { type Appended, appendAndWait } from "../when-durable.ts";

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

/** Usage that can be told from others by its number. */
export function usage(number: number): Usage {
  return {
    timeMs: 1_800_000_000_000 + number,
    accountId: `acct_${number}`,
    keyId: "key_a",
    operation: "GetLocation",
    status: 200,
    units: 1,
    leaseNumber: 1,
    mode: KeyMode.LIVE,
  };
}

export const usages = (count: number) => Array.from({ length: count }, (_, i) => usage(i + 1));

/** Appends usage, and waits until all of it is durable. */
export async function appendAll(spool: Spool, all: readonly Usage[]): Promise<number[]> {
  const appended = all.map((each) => appendAndWait(spool, each));
  await Promise.all(appended.map(({ durable }) => durable));
  return appended.map(({ sequence }) => sequence);
}

/** Appends as soon as there is room, which takes a moment to make. Errors: that of the last try after `deadlineMs`. */
export const appendWhenThereIsRoom = (
  spool: Spool,
  one: Usage,
  deadlineMs = 5_000,
): Promise<Appended> => eventually(() => appendAndWait(spool, one), { deadlineMs });

/** Appends usage in groups of one, over as many segments as it takes. */
export async function appendOneByOne(spool: Spool, all: readonly Usage[]): Promise<void> {
  for (const each of all) await (await appendWhenThereIsRoom(spool, each)).durable;
}

/** All usage of an epoch's directory, as a reader sees it. */
export function readRecords(dir: string, lastSequence: bigint): Usage[] {
  const reader = new Reader(dir);
  try {
    return reader.read(Number.MAX_SAFE_INTEGER, lastSequence).map((payload) => {
      const { $typeName: _, ...fields } = fromBinary(UsageRecordSchema, payload);
      return { ...fields, timeMs: Number(fields.timeMs), leaseNumber: Number(fields.leaseNumber) };
    });
  } finally {
    reader.close();
  }
}
