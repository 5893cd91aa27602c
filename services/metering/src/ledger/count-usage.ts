import type { UsageRecord, UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { sql } from "kysely";
import { lastSequence } from "../intake/usage-block.ts";
import type { MeteringDatabase } from "./schema.ts";
import { totalsOf } from "./usage-totals.ts";

const NOT_COUNTED = { isCounted: false, hasEarly: false };

/** Whether records were counted, and if so, whether blocks of the epoch are kept that came before their turn. */
export interface UsageCount {
  readonly isCounted: boolean;
  readonly hasEarly: boolean;
}

/**
 * Counts those records of a block that come after a watermark: in one transaction the epoch is locked to count, then
 * periods in the order of `lockPeriods`, and buckets, periods, leases and watermark move together. Released leases
 * whose usage has all arrived are returned. Nothing is counted when the watermark is another one.
 *
 * Lent units turn into settled ones, never more than a lease holds. A lease that was returned, or is for another
 * account or period, is left alone: the units were counted as used in any case.
 */
export async function countUsage(
  db: MeteringDatabase,
  block: UsageRecorded,
  watermark: bigint,
  fresh: readonly UsageRecord[],
): Promise<UsageCount> {
  const { minutes, periods, leases } = totalsOf(fresh);
  const { rows } = await sql<UsageCount>`SELECT is_counted AS "isCounted",
    coalesce(has_early, false) AS "hasEarly" FROM count_usage(
    ${block.gatewayId}, ${block.epoch}, ${watermark}, ${lastSequence(block)},
    ${minutes.map((total) => total.accountId)}, ${minutes.map((total) => total.minute)},
    ${minutes.map((total) => total.keyId)}, ${minutes.map((total) => total.operation)},
    ${minutes.map((total) => total.status)}, ${minutes.map((total) => total.requests)},
    ${minutes.map((total) => total.units)},
    ${periods.map((total) => total.accountId)}, ${periods.map((total) => total.periodStart)},
    ${periods.map((total) => total.units)},
    ${leases.map((total) => total.leaseNumber)}, ${leases.map((total) => total.accountId)},
    ${leases.map((total) => total.periodStart)}, ${leases.map((total) => total.units)}
  )`.execute(db);
  return rows[0] ?? NOT_COUNTED;
}
