import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Keys get the state DISABLED, limits to addresses and origins, metadata, the time of their last change, and the key that replaced
 * them. When a key was last used is in a table of its own. The outbox takes facts of other names, and the new key of a rotation.
 */
export const EXTEND_KEYS: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      ALTER TABLE keys
        DROP CONSTRAINT keys_state_check,
        ADD CONSTRAINT keys_state_check CHECK (state IN ('ACTIVE', 'REVOKED', 'DISABLED')),
        ADD COLUMN update_time timestamptz(3),
        ADD COLUMN allowed_cidrs text[] NOT NULL DEFAULT '{}',
        ADD COLUMN allowed_origins text[] NOT NULL DEFAULT '{}',
        ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN replaced_by_key_id text COLLATE "C"`.execute(db);
    await sql`UPDATE keys SET update_time = coalesce(revoke_time, create_time)`.execute(db);
    await sql`ALTER TABLE keys ALTER COLUMN update_time SET NOT NULL`.execute(db);
    await sql`DROP INDEX keys_in_force`.execute(db);
    await sql`CREATE INDEX keys_not_revoked ON keys (account_id) WHERE state <> 'REVOKED'`.execute(
      db,
    );
    await sql`
      CREATE INDEX keys_of_administrators ON keys (account_id)
      WHERE state = 'ACTIVE' AND expire_time IS NULL AND 'admin' = ANY (scopes)`.execute(db);
    await sql`
      CREATE TABLE key_uses (
        key_id text COLLATE "C" PRIMARY KEY,
        use_time timestamptz(0) NOT NULL
      )`.execute(db);
    await extendOutbox(db);
  },
};

async function extendOutbox(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE outbox
      DROP CONSTRAINT IF EXISTS outbox_fact_check,
      DROP CONSTRAINT IF EXISTS outbox_check1,
      ADD COLUMN new_key_id text COLLATE "C",
      ADD CHECK ((key_id IS NOT NULL) = (fact IS NOT NULL AND starts_with(fact, 'KEY_'))),
      ADD CHECK ((new_key_id IS NOT NULL) = (fact IS NOT NULL AND fact = 'KEY_ROTATED'))`.execute(
    db,
  );
}
