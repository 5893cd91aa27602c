import { readCompleteThrough } from "./completeness.ts";
import type { MeteringDatabase } from "./schema.ts";
import { setTimeZone, type UsageRange, type WantedRange, widenToIntervals } from "./usage-range.ts";
import {
  type RowPosition,
  readUsageRows,
  readUsageSums,
  type UsageRow,
  type UsageSelection,
  type UsageSums,
} from "./usage-rows.ts";

/** A question about usage. */
export interface UsageQuery extends Omit<UsageSelection, "range"> {
  readonly range: WantedRange;
  /** An IANA time zone; days and months begin in it, minutes and hours in UTC. */
  readonly timeZone: string;
  /** The last row of the page before; undefined for the first page. */
  readonly after: RowPosition | undefined;
  readonly pageSize: number;
  /** The time at which it is asked. */
  readonly wallMs: number;
}

/** A page of the answer. */
export interface UsagePage {
  readonly rows: readonly UsageRow[];
  readonly hasMore: boolean;
  /** Over the whole range. */
  readonly totals: UsageSums;
  /** Before this minute no usage can still arrive; undefined where nothing can be said. */
  readonly completeThrough: Date | undefined;
  readonly isFinal: boolean;
}

/** Why a question has no answer. */
export type UsageQueryProblem = "unknown-time-zone" | "too-many-intervals";

/**
 * Reads a page at one moment, so that its totals are the sums of what all pages would hold at that moment. At most
 * `intervalsMax` intervals lie in a range.
 */
export function readUsage(
  db: MeteringDatabase,
  query: UsageQuery,
  { intervalsMax }: { readonly intervalsMax: number },
): Promise<UsagePage | UsageQueryProblem> {
  const { timeZone, after, pageSize, wallMs, ...asked } = query;
  const isCalendar = asked.range.unit === "day" || asked.range.unit === "month";
  const reading = db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
  return reading.execute(async (trx) => {
    if (!(await setTimeZone(trx, isCalendar ? timeZone : "UTC"))) return "unknown-time-zone";
    const range = await widenToIntervals(trx, asked.range);
    if (range.intervals > intervalsMax) return "too-many-intervals";
    const selection = { ...asked, range };
    const found = await readUsageRows(trx, selection, { after, limit: pageSize + 1 });
    const rows = found.slice(0, pageSize);
    const hasMore = found.length > rows.length;
    const isWhole = after === undefined && !hasMore;
    return {
      rows,
      hasMore,
      totals: isWhole ? sumsOf(rows) : await readUsageSums(trx, selection),
      ...completenessOf(range, await readCompleteThrough(trx, wallMs)),
    };
  });
}

function sumsOf(rows: readonly UsageSums[]): UsageSums {
  const sums = { requests: 0n, units: 0n, overageUnits: 0n };
  for (const row of rows) {
    sums.requests += row.requests;
    sums.units += row.units;
    sums.overageUnits += row.overageUnits;
  }
  return sums;
}

function completenessOf({ end }: UsageRange, completeThrough: Date | undefined) {
  const isFinal = completeThrough !== undefined && end <= completeThrough;
  return { completeThrough, isFinal };
}
