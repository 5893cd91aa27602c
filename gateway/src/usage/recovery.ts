import { readFileSync, rmSync } from "node:fs";
import type { EpochDir, GatewayEpoch } from "./epochs.ts";
import type { Evidence } from "./evidence.ts";
import { Reader } from "./reader.ts";
import { cutSegment, listSegments, sparePath } from "./segment.ts";
import { isZero } from "./torn.ts";

/** An epoch of an earlier start. */
export interface RecoveredEpoch extends GatewayEpoch, EpochDir {
  /** Its last record; 0 where it has none, though it may still hold a lease. */
  readonly lastSequence: number;
}

/**
 * Reads an epoch of an earlier start to its end. A torn last frame is what a crash leaves; its requests were never
 * answered. Segments are cut to their frames where nothing follows them, and the spare is deleted: it all takes room.
 * Errors: those of node:fs.
 */
export function recoverEpoch(
  epoch: GatewayEpoch & EpochDir,
  evidence: Pick<Evidence, "keep" | "lose">,
): RecoveredEpoch {
  const reader = new Reader(epoch, evidence);
  const ends = new Map<string, number>();
  for (let records = reader.read(); records !== undefined; records = reader.read()) {
    const { position } = reader;
    if (position !== undefined) ends.set(position.path, position.offset);
    reader.take(records.lastSequence);
  }
  reader.close();
  for (const segment of listSegments(epoch.dir)) {
    const end = ends.get(segment.path) ?? 0;
    const unread = readFileSync(segment.path).subarray(end);
    if (isZero(unread)) cutSegment(segment, end);
  }
  rmSync(sparePath(epoch.dir), { force: true });
  return { ...epoch, lastSequence: reader.nextSequence - 1 };
}
