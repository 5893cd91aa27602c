import { sql } from "kysely";
import { lockPublisher } from "./drain-outbox.ts";
import type { AuthDatabase, AuthTransaction } from "./schema.ts";
import { lockRevision } from "./write.ts";

/** The advisory lock of PostgreSQL that lets one process remove rows at a time; the digits are arbitrary. */
const RETENTION_LOCK = 7_203_145_003n;

/**
 * Removes some rows that are older than a moment, in one transaction, and answers how many; undefined where another process
 * removes rows. Errors: those of the database.
 */
export type RemoveSome = (
  db: AuthDatabase,
  before: Date,
  limit: number,
) => Promise<number | undefined>;

/** Removes the oldest audit events. Errors: also those of PostgreSQL where the moment is less than 30 days ago. */
export const removeAuditEvents: RemoveSome = (db, before, limit) =>
  removing(db, async (trx) => {
    const { rows } = await sql<{ removed: number }>`
      SELECT remove_audit_events(${before}, ${limit}::integer) AS removed`.execute(trx);
    return rows[0]?.removed ?? 0;
  });

/** Removes the oldest changes that were never published. Nobody hears of their facts; followers have the records all the same. */
export const removeUnpublished: RemoveSome = (db, before, limit) =>
  removing(db, async (trx) => {
    await lockPublisher(trx);
    const oldest = trx.selectFrom("outbox").selectAll().orderBy("revision").limit(limit);
    const old = trx
      .selectFrom(oldest.as("oldest"))
      .select("revision")
      .where("commit_time", "<", before);
    const { numDeletedRows } = await trx
      .deleteFrom("outbox")
      .where("revision", "in", old)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  });

/** Removes the oldest records of requests that may be sent again. */
export const removeIdempotencyRecords: RemoveSome = (db, before, limit) =>
  removing(db, async (trx) => {
    // The rows by where they stand: their primary key has three parts.
    const { numAffectedRows = 0n } = await sql`
      DELETE FROM idempotency_records WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_records WHERE create_time < ${before}
        ORDER BY create_time LIMIT ${limit} FOR UPDATE SKIP LOCKED))`.execute(trx);
    return Number(numAffectedRows);
  });

/**
 * Removes keys that were revoked, or expired, before a moment, but for those whose secret came from outside and may come again.
 * The floor rises to the newest of them: a follower that has not heard of what was removed loads everything anew.
 */
export const removeKeys: RemoveSome = (db, before, limit) =>
  removing(db, async (trx) => {
    await lockRevision(trx);
    const { rows } = await sql<{ key_id: string; revision: bigint }>`
      DELETE FROM keys WHERE key_id IN (
        SELECT key_id FROM keys WHERE NOT is_given AND least(revoke_time, expire_time) < ${before}
        ORDER BY least(revoke_time, expire_time) LIMIT ${limit})
      RETURNING key_id, revision`.execute(trx);
    if (rows.length === 0) return 0;
    const keyIds = rows.map(({ key_id }) => key_id);
    await trx.deleteFrom("key_uses").where("key_id", "in", keyIds).execute();
    const [floor] = rows.map(({ revision }) => revision).toSorted((a, b) => (a > b ? -1 : 1));
    await sql`
      UPDATE revision_counter SET floor_revision = greatest(floor_revision, ${floor})`.execute(trx);
    return rows.length;
  });

function removing(
  db: AuthDatabase,
  remove: (trx: AuthTransaction) => Promise<number>,
): Promise<number | undefined> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ is_mine: boolean }>`
      SELECT pg_try_advisory_xact_lock(${RETENTION_LOCK}) AS is_mine`.execute(trx);
    return rows[0]?.is_mine ? remove(trx) : undefined;
  });
}
