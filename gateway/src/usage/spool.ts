import { mkdirSync, rmSync } from "node:fs";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import { type Disk, SYSTEM_DISK } from "./disk.ts";
import { beginEpoch, type EpochDir, type GatewayEpoch } from "./epochs.ts";
import { Evidence } from "./evidence.ts";
import { Journal, type Releasable } from "./journal.ts";
import type { RecoveredEpoch } from "./recovery.ts";
import { fillReserve, withReserve } from "./reserve.ts";
import { Segments } from "./segments.ts";
import type { Usage } from "./usage.ts";
import { checkSpoolVersion, evidenceDir, leftOverWorkers, workerDir } from "./worker-dirs.ts";
import { openWorkerSpool, type WorkerSpool } from "./worker-spool.ts";

export type { Durable, Releasable } from "./journal.ts";
export type { RecoveredEpoch } from "./recovery.ts";
export type { Usage } from "./usage.ts";

/** What a spool works with. */
export interface SpoolDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Default is the disk of the machine. */
  readonly disk?: Disk;
  /** Hears once that a write failed, after all who waited: no record can be written until the next start. */
  readonly fail?: (cause: unknown) => void;
}

/** Where a spool is, how large, and how safe. */
export interface SpoolOptions {
  /** The data directory of the gateway, which all its workers share. */
  readonly dir: string;
  /** This worker, from 1. */
  readonly worker: number;
  /** How many workers the gateway has. */
  readonly workers: number;
  /** Sync to disk before a record counts as durable. */
  readonly fsync: boolean;
  readonly segmentBytes: number;
  /** Most bytes that the segments of all workers may take; beyond its share, but two segments, a worker refuses records. */
  readonly bytesMax: number;
}

/** The usage records that metering has not committed yet, on disk. */
export interface Spool extends GatewayEpoch, EpochDir {
  /** Where this worker's directory is locked: one process at a time is at a place. */
  readonly place: Uint8Array;
  /** What earlier starts left: those of this worker, oldest first, then those of workers that are no more. */
  readonly recoveredEpochs: readonly RecoveredEpoch[];
  /** The last sequence that was given; 0 before the first. */
  readonly lastSequence: number;
  /** All records up to this sequence are durable. */
  readonly durableSequence: number;
  /** What is damaged, and where it is kept. */
  readonly evidence: Evidence;
  /**
   * Gives the usage its sequence, a safe integer from 1, and tells who waits when it is durable or lost.
   * Errors: USAGE_SPOOL_FULL, USAGE_SPOOL_BROKEN; then nothing was appended, and who waits hears nothing.
   */
  append(usage: Usage, waiting: Releasable): number;
  /** Resolves when all that was appended is durable or lost. */
  flush(): Promise<void>;
  /** Why no usage can be recorded; empty where it can. */
  problems(): ReadinessProblem[];
  /** Calls the listener after each group that became durable. */
  onDurable(listener: () => void): void;
  /** Deletes an epoch of an earlier start, and with the last one the directory of a worker that is no more. */
  remove(epoch: RecoveredEpoch): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the spool of a worker: reads what earlier epochs left, takes over the spools of workers that are no more, and
 * begins an epoch of its own. On a full disk it opens as well, and takes records once there is room. Errors: DIRECTORY_IN_USE; USAGE_SPOOL_UNWRITABLE, also for a spool of another version, which
 * is left as it is.
 */
export async function openSpool(deps: SpoolDeps, options: SpoolOptions): Promise<Spool> {
  const { dir, worker } = options;
  const evidence = new Evidence({ dir: evidenceDir(dir), log: deps.log });
  const opened: WorkerSpool[] = [];
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    await checkSpoolVersion(dir);
    for (const each of [worker, ...leftOverWorkers(dir, options)]) {
      opened.push(await openWorkerSpool(workerDir(dir, each), evidence));
    }
    const [own, ...adopted] = opened;
    return await beginSpool(deps, options, { own: own as WorkerSpool, adopted, evidence });
  } catch (cause) {
    for (const each of opened) await each.release();
    throw cause instanceof AppError ? cause : unwritable(dir, cause);
  }
}

interface Opened {
  readonly own: WorkerSpool;
  readonly adopted: readonly WorkerSpool[];
  readonly evidence: Evidence;
}

async function beginSpool(
  { clock, log, disk = SYSTEM_DISK, fail = () => undefined }: SpoolDeps,
  { segmentBytes, bytesMax, workers, fsync }: SpoolOptions,
  { own, adopted, evidence }: Opened,
): Promise<Spool> {
  for (const each of adopted) await each.removeIfEmpty();
  const all = [own, ...adopted];
  const shareBytes = Math.max(bytesMax / workers, 2 * segmentBytes);
  const mayGrow = () =>
    all.reduce((sum, each) => sum + each.bytesUsed(), segmentBytes) <= shareBytes;
  fillReserve(own.dir);
  const begun = await withReserve(own.dir, () => beginEpoch(own.dir));
  const segments = await Segments.create(
    { mayGrow, disk, clock, log },
    { dir: begun.dir, segmentBytes },
  );

  let durableSequence = 0;
  const listeners: (() => void)[] = [];
  const onDurable = (sequence: number) => {
    durableSequence = sequence;
    for (const listener of listeners) listener();
  };
  const journal = new Journal({ segments, disk, onDurable, fail, log }, { fsync });
  return {
    gatewayId: own.gatewayId,
    place: own.place,
    ...begun,
    recoveredEpochs: all.flatMap(({ epochs }) => epochs),
    evidence,
    get lastSequence() {
      return journal.lastSequence;
    },
    get durableSequence() {
      return durableSequence;
    },
    append: (usage, waiting) => journal.append(usage, waiting),
    flush: () => journal.close(),
    problems: () => journal.problems(),
    onDurable: (listener) => listeners.push(listener),
    async remove(epoch) {
      rmSync(epoch.dir, { recursive: true });
      await adopted.find(({ epochs }) => epochs.includes(epoch))?.removeIfEmpty();
    },
    async close() {
      await journal.close();
      // Where a write failed, the journal has said where the epoch ends.
      if (durableSequence === journal.lastSequence) endEpoch(segments, durableSequence, log);
      await segments.close();
      for (const each of all) await each.release();
    },
  };
}

/** Says where the epoch ends, so that damage of its last group cannot pass for one that was never finished. */
function endEpoch(segments: Segments, lastSequence: number, log: Log): void {
  try {
    segments.endBefore(lastSequence + 1);
  } catch (err) {
    log.warn({ err }, "cannot mark the end of usage; the next start finds it");
  }
}

function unwritable(dir: string, cause: unknown): AppError {
  const message = `cannot use ${dir} for usage: ${(cause as Error).message}`;
  return new AppError("USAGE_SPOOL_UNWRITABLE", { message, cause });
}
