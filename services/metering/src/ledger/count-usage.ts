import { sql } from "kysely";
import type { GatewayEpoch } from "./gateway-epochs.ts";
import type { MeteringDatabase } from "./schema.ts";
import type { UsageColumns } from "./usage-columns.ts";
import { totalsOf } from "./usage-totals.ts";

const NOT_COUNTED: UsageCount = { isCounted: false, hasEarly: false };

/** A move of an epoch's watermark, from the sequence `after` to the sequence `through`. */
export interface WatermarkMove extends GatewayEpoch {
  readonly after: bigint;
  readonly through: bigint;
}

/** Whether records were counted, and if so, whether early blocks of the epoch are kept. */
export interface UsageCount {
  readonly isCounted: boolean;
  readonly hasEarly: boolean;
}

/**
 * Counts records and moves the watermark past them. In one transaction the epoch is locked to count, then the periods
 * in the order of `lockPeriods`, and minutes, periods, leases and watermark change together. Released leases whose
 * usage has arrived are returned. Nothing is counted when the watermark is not at `after`.
 *
 * Units beyond the limit of a soft plan are overage, in the order of the records: of a block that crosses the limit, those
 * that crossed it. The plan and its limit are those of this moment.
 *
 * Lent units turn into settled ones, at most as many as the lease holds. A lease that was returned, or is for another
 * account or period, does not change: the units are counted as used in any case.
 */
export async function countUsage(
  db: MeteringDatabase,
  { gatewayId, epoch, after, through }: WatermarkMove,
  records: UsageColumns,
): Promise<UsageCount> {
  const { minutes, kinds, recordKinds, periods, leases } = totalsOf(records);
  const { rows } = await sql<UsageCount>`SELECT is_counted AS "isCounted",
    coalesce(has_early, false) AS "hasEarly" FROM count_usage(
    ${gatewayId}, ${epoch}, ${after}, ${through},
    ${minutes.map((total) => total.accountId)}, ${minutes.map((total) => total.minute)},
    ${minutes.map((total) => total.keyId)}, ${minutes.map((total) => total.operation)},
    ${minutes.map((total) => total.status)}, ${minutes.map((total) => total.mode)},
    ${minutes.map((total) => total.requests)}, ${minutes.map((total) => total.units)},
    ${kinds.map((kind) => kind.minuteAt)}, ${kinds.map((kind) => kind.periodAt)},
    ${kinds.map((kind) => kind.units)}, ${recordKinds},
    ${periods.map((total) => total.accountId)}, ${periods.map((total) => total.periodStart)},
    ${periods.map((total) => total.units)},
    ${leases.map((total) => total.leaseNumber)}, ${leases.map((total) => total.accountId)},
    ${leases.map((total) => total.periodStart)}, ${leases.map((total) => total.units)}
  )`.execute(db);
  return rows[0] ?? NOT_COUNTED;
}
