import { sql } from "kysely";
import type { MeteringDatabase } from "./schema.ts";

const MINUTE_MS = 60_000;

/** How much older a record may be than one before it in the same epoch: a request is recorded when it is answered. */
const DISORDER_MS_MAX = MINUTE_MS;

/**
 * The newest full minute before which no usage can still arrive from an epoch that metering knows of. An epoch can still
 * bring usage until it is closed and counted through its end; its records come in order, so that what it brings is not
 * older than its last block counted, less a minute. A gateway without traffic therefore holds the answer back, since it looks
 * like one that cannot reach metering. Undefined while an epoch is known of which nothing is counted.
 */
export async function readCompleteThrough(
  db: MeteringDatabase,
  wallMs: number,
): Promise<Date | undefined> {
  const { rows } = await sql<{ newest: Date | null; isUnknown: boolean | null }>`
    SELECT min(newest_minute) AS newest, bool_or(newest_minute IS NULL) AS "isUnknown"
    FROM gateway_epochs WHERE closed_through IS NULL OR watermark < closed_through`.execute(db);
  const { newest = null, isUnknown = null } = rows[0] ?? {};
  if (isUnknown === true) return undefined;
  const newestMs = Math.min(wallMs, newest?.getTime() ?? wallMs);
  return new Date(Math.floor((newestMs - DISORDER_MS_MAX) / MINUTE_MS) * MINUTE_MS);
}
