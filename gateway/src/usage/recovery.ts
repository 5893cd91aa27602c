import { renameSync } from "node:fs";
import type { Log } from "@geomesh/runtime/log";
import type { EpochDir } from "./epochs.ts";
import { listSegments, sealSegment } from "./segment.ts";

/** An epoch that ended before this start, with what it left. */
export interface RecoveredEpoch extends EpochDir {
  /** 0 where it left no record; it may still have left a lease. */
  readonly lastSequence: bigint;
}

/**
 * Reads what an epoch left, up to the first frame that is not whole. A torn last write is what a crash leaves, and was
 * never answered. Whole segments behind damage cannot be counted, as sequences have no gaps: they are set aside as
 * `*.damaged` for a person to look at.
 */
export function recoverEpoch(epoch: EpochDir, log: Log): RecoveredEpoch {
  let lastSequence = 0n;
  let isDamaged = false;
  for (const [i, segment] of listSegments(epoch.dir).entries()) {
    if (i === 0) lastSequence = segment.firstSequence - 1n;
    isDamaged ||= segment.firstSequence !== lastSequence + 1n;
    if (isDamaged) {
      log.error({ file: segment.path }, "usage behind a damaged record is set aside, not billed");
      renameSync(segment.path, `${segment.path}.damaged`);
      continue;
    }
    const { count, isTorn } = sealSegment(segment);
    lastSequence += BigInt(count);
    if (isTorn) log.warn({ file: segment.path }, "a usage record is not whole");
  }
  return { ...epoch, lastSequence };
}
