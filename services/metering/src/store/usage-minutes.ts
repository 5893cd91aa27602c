import { sql } from "kysely";
import type { MinuteTotal } from "../usage-totals.ts";
import type { MeteringDatabase } from "./schema.ts";

/**
 * A part of a WITH that adds sums to the minute buckets. Rows are taken in one order, so that blocks of several gateways
 * do not deadlock.
 */
export const addedMinutes = (totals: readonly MinuteTotal[]) => sql`added AS (
    INSERT INTO usage_minutes AS known
    (account_id, minute, key_id, operation, status, requests, units)
    SELECT * FROM unnest(
      ${totals.map((total) => total.accountId)}::text[],
      ${totals.map((total) => total.minute)}::timestamptz[],
      ${totals.map((total) => total.keyId)}::text[],
      ${totals.map((total) => total.operation)}::text[],
      ${totals.map((total) => total.status)}::integer[],
      ${totals.map((total) => total.requests)}::bigint[],
      ${totals.map((total) => total.units)}::bigint[]
    ) ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (account_id, minute, key_id, operation, status) DO UPDATE
    SET requests = known.requests + excluded.requests, units = known.units + excluded.units
  )`;

/** Width of a bucket in an answer. */
export type Granularity = "hour" | "day";

/** Usage of an account in a stretch of time. */
export type Bucket = { readonly start: Date; readonly requests: bigint; readonly units: bigint };

/** Buckets with usage in [start, end), in order of time. Both ends must lie on a bucket's edge. */
export async function readBuckets(
  db: MeteringDatabase,
  accountId: string,
  range: { readonly start: Date; readonly end: Date },
  granularity: Granularity,
): Promise<Bucket[]> {
  return db
    .selectFrom("usage_minutes")
    .select(({ fn }) => [
      sql<Date>`date_trunc(${sql.lit(granularity)}, minute, 'UTC')`.as("start"),
      sql<bigint>`${fn.sum("requests")}::bigint`.as("requests"),
      sql<bigint>`${fn.sum("units")}::bigint`.as("units"),
    ])
    .where("account_id", "=", accountId)
    .where("minute", ">=", range.start)
    .where("minute", "<", range.end)
    .groupBy("start")
    .orderBy("start")
    .execute();
}
