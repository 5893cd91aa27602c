import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Closed accounts, metadata, an external_id that one account at most has, the history of plans, and deleted plans, which stay
 * as rows, so that slow followers hear of them. Where several accounts have one external_id, the oldest keeps it, and the others
 * have it in their metadata, as `former_external_id`.
 */
export const ACCOUNT_LIFECYCLE: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};

const STATEMENTS = [
  sql`ALTER TABLE accounts
    DROP CONSTRAINT accounts_state_check,
    ADD CONSTRAINT accounts_state_check CHECK (state IN ('ACTIVE', 'SUSPENDED', 'CLOSED')),
    ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object')`,
  sql`UPDATE accounts
    SET metadata = jsonb_build_object('former_external_id', external_id), external_id = NULL
    FROM (
      SELECT account_id, row_number() OVER (
        PARTITION BY external_id ORDER BY create_time, account_id
      ) AS place FROM accounts WHERE external_id IS NOT NULL
    ) AS held
    WHERE held.account_id = accounts.account_id AND place > 1`,
  sql`CREATE UNIQUE INDEX accounts_external_id_open ON accounts (external_id)
    WHERE external_id IS NOT NULL AND state <> 'CLOSED'`,
  // For lists, which closed accounts are in too.
  sql`CREATE INDEX accounts_by_external_id ON accounts (external_id, account_id)
    WHERE external_id IS NOT NULL`,
  sql`CREATE INDEX accounts_by_plan ON accounts (plan_id, account_id)`,
  sql`ALTER TABLE plans ADD COLUMN delete_time timestamptz(3)`,
  sql`CREATE TABLE plan_assignments (
    assignment_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL REFERENCES accounts,
    plan_id text COLLATE "C" NOT NULL,
    start_time timestamptz(3) NOT NULL,
    end_time timestamptz(3)
  )`,
  sql`INSERT INTO plan_assignments (account_id, plan_id, start_time)
    SELECT account_id, plan_id, create_time FROM accounts ORDER BY create_time, account_id`,
  sql`CREATE INDEX plan_assignments_by_account ON plan_assignments (account_id, assignment_number)`,
  sql`CREATE UNIQUE INDEX plan_assignments_current ON plan_assignments (account_id)
    WHERE end_time IS NULL`,
];
