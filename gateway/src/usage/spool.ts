import { mkdirSync } from "node:fs";
import { AppError } from "@geomesh/runtime/errors";
import { lockDirectory } from "@geomesh/runtime/files/directory-lock";
import type { Log } from "@geomesh/runtime/log";
import { createUsageEncoder, type Usage } from "./encode-usage.ts";
import { beginEpoch, gatewayIdOf, listEpochs } from "./epochs.ts";
import { type Appended, Journal } from "./journal.ts";
import { type RecoveredEpoch, recoverEpoch } from "./recovery.ts";
import { listSegments, segmentSize } from "./segment.ts";
import { Segments } from "./segments.ts";

export type { Appended } from "./journal.ts";
export type { RecoveredEpoch } from "./recovery.ts";

export interface SpoolOptions {
  readonly dir: string;
  /** Sync to disk before a record counts as durable. */
  readonly fsync: boolean;
  readonly segmentBytes: number;
  /** Bytes of all segments; beyond them records are refused. */
  readonly bytesMax: number;
  readonly log: Log;
}

export interface Spool {
  readonly gatewayId: string;
  readonly epoch: bigint;
  /** Where the segments of the epoch under way are. */
  readonly dir: string;
  /** Oldest first. */
  readonly recoveredEpochs: readonly RecoveredEpoch[];
  /** All records up to here are durable. */
  readonly durableSequence: bigint;
  /** Gives the record its place. Errors: unavailable USAGE_SPOOL_FULL or USAGE_SPOOL_BROKEN. */
  append(usage: Usage): Appended;
  /** Calls the listener after each group that became durable. */
  onDurable(listener: () => void): void;
  close(): Promise<void>;
}

/**
 * Opens the spool of a gateway: reads what earlier epochs left, and begins an epoch of its own.
 * Errors: failed_precondition when another process uses the directory, unavailable when it cannot be written.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { dir } = options;
  makeDirectory(dir);
  const lock = await lockDirectory(dir, `another gateway uses the spool in ${dir}`);
  try {
    return await openLocked(options, lock.release);
  } catch (cause) {
    lock.release();
    throw cause instanceof AppError ? cause : unwritable(dir, cause);
  }
}

async function openLocked(options: SpoolOptions, release: () => Promise<void>): Promise<Spool> {
  const { dir, segmentBytes, bytesMax, log } = options;
  const recoveredEpochs = listEpochs(dir).map((epoch) => recoverEpoch(epoch, log));
  const own = beginEpoch(dir);
  const bytesUsed = () =>
    listEpochs(dir)
      .flatMap((each) => listSegments(each.dir))
      .reduce((sum, segment) => sum + segmentSize(segment), 0);
  const segments = await Segments.create({
    dir: own.dir,
    segmentBytes,
    mayGrow: () => bytesUsed() + segmentBytes <= bytesMax,
    log,
  });

  let durableSequence = 0n;
  const listeners: (() => void)[] = [];
  const onDurable = (sequence: bigint) => {
    durableSequence = sequence;
    for (const listener of listeners) listener();
  };
  const encode = createUsageEncoder();
  const journal = new Journal({ segments, fsync: options.fsync, log, onDurable });
  return {
    gatewayId: gatewayIdOf(dir),
    epoch: own.epoch,
    dir: own.dir,
    recoveredEpochs,
    get durableSequence() {
      return durableSequence;
    },
    append: (usage) => journal.append(encode(usage)),
    onDurable: (listener) => listeners.push(listener),
    async close() {
      await journal.close();
      await segments.close();
      await release();
    },
  };
}

function makeDirectory(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(dir, cause);
  }
}

function unwritable(dir: string, cause: unknown): AppError {
  const sentence = `cannot use ${dir} for usage: ${(cause as Error).message}`;
  return new AppError("USAGE_SPOOL_UNWRITABLE", { message: sentence, cause });
}
