import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Creates the table of gateways that follow the changes, of which several auth processes hear. */
export const CREATE_FOLLOWERS: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      CREATE TABLE followers (
        follower_id text COLLATE "C" PRIMARY KEY,
        history_id text COLLATE "C" NOT NULL,
        revision bigint NOT NULL CHECK (revision >= 0),
        seen_time timestamptz(3) NOT NULL
      )`.execute(db);
  },
};
