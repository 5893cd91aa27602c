import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Adds to followers where they run, as which epoch, and for how long they accept keys without hearing from auth. */
export const FOLLOWER_PLACES: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      ALTER TABLE followers
        ADD COLUMN place bytea CHECK (octet_length(place) <= 32),
        ADD COLUMN epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
        ADD COLUMN staleness_max_ms integer NOT NULL DEFAULT 60000 CHECK (staleness_max_ms > 0)`.execute(
      db,
    );
    await sql`CREATE INDEX followers_by_place ON followers (place)`.execute(db);
  },
};
