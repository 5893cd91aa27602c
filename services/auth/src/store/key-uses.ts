import { sql } from "kysely";
import type { AuthDatabase } from "./schema.ts";

/** A use of a key. */
export interface KeyUse {
  readonly keyId: string;
  readonly useTime: Date;
}

/**
 * Keeps when keys were last used, in one statement: the later time stays, as a whole minute, and one after `now` counts as `now`.
 * Unknown keys are ignored. Rows are locked in the order of ids, so that several reports cannot deadlock.
 */
export async function recordKeyUses(
  db: AuthDatabase,
  uses: readonly KeyUse[],
  now: Date,
): Promise<void> {
  const keyIds = uses.map(({ keyId }) => keyId);
  const times = uses.map(({ useTime }) => useTime);
  await sql`
    INSERT INTO key_uses (key_id, use_time)
    SELECT keys.key_id, date_trunc('minute', max(least(reported.use_time, ${now}::timestamptz)))
    FROM unnest(${keyIds}::text[], ${times}::timestamptz[]) AS reported (key_id, use_time)
    JOIN keys ON keys.key_id = reported.key_id
    GROUP BY keys.key_id
    ORDER BY keys.key_id
    ON CONFLICT (key_id) DO UPDATE SET use_time = excluded.use_time
    WHERE key_uses.use_time < excluded.use_time`.execute(db);
}
