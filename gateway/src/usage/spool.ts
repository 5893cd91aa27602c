import { mkdirSync } from "node:fs";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { type DirectoryLock, lockDirectory } from "@geomesh/runtime/files/directory-lock";
import type { Log } from "@geomesh/runtime/log";
import { createUsageEncoder, type Usage } from "./encode-usage.ts";
import { beginEpoch, deleteDrafts, gatewayIdOf, listEpochs } from "./epochs.ts";
import { Journal, type Releasable } from "./journal.ts";
import { type RecoveredEpoch, recoverEpoch } from "./recovery.ts";
import { listSegments, segmentSize } from "./segment.ts";
import { Segments } from "./segments.ts";

export type { Usage } from "./encode-usage.ts";
export type { Durable, Releasable } from "./journal.ts";
export type { RecoveredEpoch } from "./recovery.ts";

/** What a spool works with. */
export interface SpoolDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** Where a spool is, how large, and how safe. */
export interface SpoolOptions {
  readonly dir: string;
  /** Sync to disk before a record counts as durable. */
  readonly fsync: boolean;
  readonly segmentBytes: number;
  /** Most bytes that all segments may take; beyond them records are refused. */
  readonly bytesMax: number;
}

/** The usage records that metering has not committed yet, on disk. */
export interface Spool {
  readonly gatewayId: string;
  /** The number of this start. */
  readonly epoch: bigint;
  /** The directory of this epoch's segments. */
  readonly dir: string;
  /** What earlier starts left, oldest first. */
  readonly recoveredEpochs: readonly RecoveredEpoch[];
  /** All records up to this sequence are durable. */
  readonly durableSequence: bigint;
  /**
   * Gives the usage its sequence, a safe integer from 1, and tells who waits when it is durable or lost.
   * Errors: USAGE_SPOOL_FULL, USAGE_SPOOL_BROKEN; then nothing was appended, and who waits hears nothing.
   */
  append(usage: Usage, waiting: Releasable): number;
  /** Calls the listener after each group that became durable. */
  onDurable(listener: () => void): void;
  close(): Promise<void>;
}

/**
 * Opens the spool of a gateway: reads what earlier epochs left, and begins an epoch of its own.
 * Errors: DIRECTORY_IN_USE, USAGE_SPOOL_UNWRITABLE.
 */
export async function openSpool(deps: SpoolDeps, options: SpoolOptions): Promise<Spool> {
  const { dir } = options;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(dir, cause);
  }
  const lock = await lockDirectory(dir, `another gateway uses the spool in ${dir}`);
  try {
    return await openLocked(deps, options, lock);
  } catch (cause) {
    await lock.release();
    throw cause instanceof AppError ? cause : unwritable(dir, cause);
  }
}

async function openLocked(
  { clock, log }: SpoolDeps,
  options: SpoolOptions,
  lock: DirectoryLock,
): Promise<Spool> {
  const { dir, segmentBytes, bytesMax, fsync } = options;
  deleteDrafts(dir);
  const recoveredEpochs = listEpochs(dir).map((epoch) => recoverEpoch(epoch, log));
  const own = await beginEpoch(dir);
  const gatewayId = await gatewayIdOf(dir);
  const mayGrow = () => bytesUsed(dir) + segmentBytes <= bytesMax;
  const segments = await Segments.create({ mayGrow, clock, log }, { dir: own.dir, segmentBytes });

  let durableSequence = 0n;
  const listeners: (() => void)[] = [];
  const onDurable = (sequence: bigint) => {
    durableSequence = sequence;
    for (const listener of listeners) listener();
  };
  const encode = createUsageEncoder();
  const journal = new Journal({ segments, onDurable, log }, { fsync });
  return {
    gatewayId,
    epoch: own.epoch,
    dir: own.dir,
    recoveredEpochs,
    get durableSequence() {
      return durableSequence;
    },
    append: (usage, waiting) => journal.append(encode(usage), waiting),
    onDurable: (listener) => listeners.push(listener),
    async close() {
      await journal.close();
      await segments.close();
      await lock.release();
    },
  };
}

function bytesUsed(dir: string): number {
  return listEpochs(dir)
    .flatMap((epoch) => listSegments(epoch.dir))
    .reduce((sum, segment) => sum + segmentSize(segment), 0);
}

function unwritable(dir: string, cause: unknown): AppError {
  const message = `cannot use ${dir} for usage: ${(cause as Error).message}`;
  return new AppError("USAGE_SPOOL_UNWRITABLE", { message, cause });
}
