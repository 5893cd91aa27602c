import { sql } from "kysely";
import type { MeteringDatabase } from "./schema.ts";

/** The width of a bucket. */
export type Granularity = "hour" | "day";

/** Usage of an account in an interval that starts at `start`. */
export interface Bucket {
  readonly start: Date;
  readonly requests: bigint;
  readonly units: bigint;
}

/** The buckets with usage in [start, end), in order of time. Both ends must be edges of buckets. */
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
