import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * What removes old rows. `floor_revision` is the newest revision of a key that was removed: whoever holds no more than what is
 * older may take that key for a valid one. `is_given` marks keys whose secret came from outside, by a file or a setting, and may come
 * again: those are never removed, and all that are there now count as such.
 */
export const RETENTION: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      ALTER TABLE revision_counter ADD COLUMN floor_revision bigint NOT NULL DEFAULT 0
        CHECK (floor_revision >= 0 AND floor_revision <= revision)`.execute(db);
    await sql`ALTER TABLE keys ADD COLUMN is_given boolean NOT NULL DEFAULT true`.execute(db);
    await sql`ALTER TABLE keys ALTER COLUMN is_given SET DEFAULT false`.execute(db);
    await sql`
      CREATE INDEX keys_by_end ON keys (least(revoke_time, expire_time)) WHERE NOT is_given`.execute(
      db,
    );
    await createRemoval(db);
  },
};

/**
 * The only way by which a role that may not delete audit events gets rid of old ones: it runs by the rights of the owner of the
 * tables, looks for the table nowhere else, and refuses to remove what is younger than 30 days.
 */
async function createRemoval(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ schema: string }>`SELECT current_schema() AS schema`.execute(db);
  const schema = sql.id(rows[0]?.schema ?? "");
  await sql`
    CREATE OR REPLACE FUNCTION remove_audit_events(before timestamptz, count_max integer)
    RETURNS integer LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
    DECLARE
      removed integer;
    BEGIN
      IF before > now() - interval '30 days' THEN
        RAISE EXCEPTION 'audit events are kept for 30 days at least' USING ERRCODE = '42501';
      END IF;
      DELETE FROM audit_events WHERE event_number IN (
        SELECT event_number FROM audit_events WHERE event_time < before
        ORDER BY event_time LIMIT least(count_max, 1000));
      GET DIAGNOSTICS removed = ROW_COUNT;
      RETURN removed;
    END
    $$`.execute(db);
  await sql`
    REVOKE ALL ON FUNCTION remove_audit_events(timestamptz, integer) FROM PUBLIC`.execute(db);
}
