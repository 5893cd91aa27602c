import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Which accounts are closed: they are lent nothing. */
export const CLOSED_ACCOUNTS: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`ALTER TABLE accounts ADD COLUMN is_closed boolean NOT NULL DEFAULT false`.execute(db);
  },
};
