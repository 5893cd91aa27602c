import type { Durable } from "../journal.ts";
import type { Spool, Usage } from "../spool.ts";

/** A token without a journal, for a stand-in of the spool. */
export const NEVER_STORED: Durable = Object.create(null);

/** A stand-in of the spool that keeps usage in an array, and tells who waits after the turn that all is durable. */
export function spoolStandIn(recorded: Usage[]): Pick<Spool, "append"> {
  return {
    append(usage, waiting) {
      recorded.push(usage);
      queueMicrotask(() => waiting.release(NEVER_STORED));
      return recorded.length;
    },
  };
}
