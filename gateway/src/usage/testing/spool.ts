import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { UsageKindSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { onTestFinished } from "vitest";
import { LOST_KIND } from "../encode-kind.ts";
import type { Damage, Evidence } from "../evidence.ts";
import { Reader } from "../reader.ts";
import { openSpool, type Spool, type SpoolDeps, type SpoolOptions, type Usage } from "../spool.ts";
import { type Appended, appendAndWait } from "./when-durable.ts";

export const SILENT = createLog({ service: "test", level: "silent" });

/** An empty directory that goes with the test. */
export function dirForTest(): string {
  const dir = mkdtempSync(path.join(tmpdir(), "geomesh-spool-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Opens the spool of the only worker, without sync unless the options say so. */
export function spoolOf(
  dir: string,
  options: Partial<SpoolOptions> = {},
  deps: Partial<SpoolDeps> = {},
): Promise<Spool> {
  return openSpool(
    { clock: SYSTEM_CLOCK, log: SILENT, ...deps },
    {
      ...{ dir, worker: 1, workers: 1, fsync: false, segmentBytes: 256 * 1024, bytesMax: 1 << 30 },
      ...options,
    },
  );
}

/** The same, open until `close` or the end of the test. */
export async function spoolForTest(
  dir: string,
  options: Partial<SpoolOptions> = {},
  deps: Partial<SpoolDeps> = {},
): Promise<Spool> {
  const spool = await spoolOf(dir, options, deps);
  let closed: Promise<void> | undefined;
  const closeSpool = spool.close;
  spool.close = () => {
    closed ??= closeSpool();
    return closed;
  };
  onTestFinished(spool.close);
  return spool;
}

/** The begin of a minute. */
const TIME_MS = 1_800_000_000_000;

/** Usage that can be told from others by its number. */
export function usage(number: number): Usage {
  return {
    timeMs: TIME_MS,
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

/** Evidence that is kept in memory, where a test makes much of it: a file of each would be synced to disk. */
export class EvidenceStandIn implements Pick<Evidence, "keep" | "lose"> {
  readonly kept: Damage[] = [];
  lostRecords = 0;

  keep(_: unknown, damage: Damage): void {
    if (this.kept.some((one) => one.path === damage.path && one.offset === damage.offset)) return;
    this.kept.push({ ...damage, bytes: Uint8Array.from(damage.bytes) });
  }

  lose(_: unknown, firstSequence: number, lastSequence: number): void {
    this.lostRecords += lastSequence - firstSequence + 1;
  }
}

/** A reader of an epoch's directory. */
export function readerForTest(dir: string): Reader {
  const reader = new Reader({ gatewayId: "gw_a", epoch: 1n, dir }, new EvidenceStandIn());
  onTestFinished(() => reader.close());
  return reader;
}

/** Takes usage up to `through`, one piece of it; each with the begin of its minute, and "lost" for a lost record. */
export function takePiece(reader: Reader, through?: number): (Usage | "lost")[] | undefined {
  const records = reader.read(through);
  if (records === undefined) return undefined;
  const { firstSequence, kinds, indexes } = records;
  const last = Math.min(records.lastSequence, through ?? records.lastSequence);
  const taken = [...indexes.slice(reader.nextSequence - firstSequence, last - firstSequence + 1)];
  reader.take(last);
  return taken.map((index) => usageOf(kinds[index] as Buffer));
}

/** All usage of an epoch's directory up to `through`, or to the end. */
export function readRecords(dir: string, through?: number): (Usage | "lost")[] {
  const reader = readerForTest(dir);
  const all: (Usage | "lost")[] = [];
  for (let piece = takePiece(reader, through); piece; piece = takePiece(reader, through)) {
    all.push(...piece);
  }
  reader.close();
  return all;
}

function usageOf(kind: Buffer): Usage | "lost" {
  if (kind.equals(LOST_KIND)) return "lost";
  const { $typeName: _, minute, isLost: __, ...rest } = fromBinary(UsageKindSchema, kind);
  return { ...rest, timeMs: Number(minute) * 60_000, leaseNumber: Number(rest.leaseNumber) };
}
