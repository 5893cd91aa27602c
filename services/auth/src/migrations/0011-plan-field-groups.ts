import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Adds to plans which groups of keys of a location they allow: none means all, as all plans did. */
export const PLAN_FIELD_GROUPS: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      ALTER TABLE plans ADD COLUMN field_groups text[] NOT NULL DEFAULT '{}'
        CHECK (cardinality(field_groups) <= 6)`.execute(db);
  },
};
