import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { lockDirectory } from "@geomesh/runtime/files/directory-lock";
import { syncDirectoryNow } from "@geomesh/runtime/files/sync-directory";
import { deleteDrafts, gatewayIdOf, listEpochs } from "./epochs.ts";
import type { Evidence } from "./evidence.ts";
import { type RecoveredEpoch, recoverEpoch } from "./recovery.ts";
import { listSegments, segmentSize } from "./segment.ts";

/** The directory of a worker, which this process alone uses until it releases it. */
export interface WorkerSpool {
  readonly dir: string;
  readonly gatewayId: string;
  /** Where the directory is locked: one process at a time is at a place. */
  readonly place: Uint8Array;
  /** What earlier starts left, oldest first. */
  readonly epochs: readonly RecoveredEpoch[];
  /** Bytes that all segments take. */
  bytesUsed(): number;
  /** Deletes the directory if no epoch is left in it, and releases it then. */
  removeIfEmpty(): Promise<void>;
  /** A second call changes nothing. */
  release(): Promise<void>;
}

/** Takes the directory of a worker, and reads what earlier starts left. Errors: DIRECTORY_IN_USE; those of node:fs. */
export async function openWorkerSpool(dir: string, evidence: Evidence): Promise<WorkerSpool> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  syncDirectoryNow(path.dirname(dir));
  const lock = await lockDirectory(dir, `another gateway uses the spool in ${dir}`);
  let released: Promise<void> | undefined;
  const release = () => {
    released ??= lock.release();
    return released;
  };
  try {
    deleteDrafts(dir);
    const gatewayId = await gatewayIdOf(dir);
    const epochs = listEpochs(dir).map((epoch) => recoverEpoch({ gatewayId, ...epoch }, evidence));
    return {
      dir,
      gatewayId,
      place: lock.place,
      epochs,
      release,
      bytesUsed: () =>
        listEpochs(dir)
          .flatMap((epoch) => listSegments(epoch.dir))
          .reduce((sum, segment) => sum + segmentSize(segment), 0),
      async removeIfEmpty() {
        if (listEpochs(dir).length > 0) return;
        rmSync(dir, { recursive: true });
        syncDirectoryNow(path.dirname(dir));
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}
