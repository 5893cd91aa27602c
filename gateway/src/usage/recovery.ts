import { renameSync } from "node:fs";
import type { Log } from "@geomesh/runtime/log";
import type { EpochDir } from "./epochs.ts";
import { listSegments, sealSegment } from "./segment.ts";

/** An epoch of an earlier start. */
export interface RecoveredEpoch extends EpochDir {
  /** Its last record; 0 where it has none, though it may still hold a lease. */
  readonly lastSequence: bigint;
}

/**
 * Reads an epoch of an earlier start, up to the first frame that is incomplete or damaged. An incomplete last frame is
 * what a crash leaves; its request was never answered. Segments after damage cannot be counted, as sequences have no gaps:
 * they are renamed to `*.damaged` for an operator to look at. Errors: those of node:fs.
 */
export function recoverEpoch(epoch: EpochDir, log: Log): RecoveredEpoch {
  let lastSequence = 0n;
  let isDamaged = false;
  for (const [i, segment] of listSegments(epoch.dir).entries()) {
    if (i === 0) lastSequence = segment.firstSequence - 1n;
    isDamaged ||= segment.firstSequence !== lastSequence + 1n;
    if (isDamaged) {
      log.error({ file: segment.path }, "usage after a damaged record is set aside and not billed");
      renameSync(segment.path, `${segment.path}.damaged`);
      continue;
    }
    const { count, isTorn } = sealSegment(segment);
    lastSequence += BigInt(count);
    if (isTorn) log.warn({ file: segment.path }, "the last usage record is incomplete or damaged");
  }
  return { ...epoch, lastSequence };
}
