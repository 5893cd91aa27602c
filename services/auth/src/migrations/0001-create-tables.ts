import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Creates every table. Identifiers collate as "C", so that the order of pages does not depend on the locale of the server. */
export const CREATE_TABLES: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      CREATE TABLE revision_counter (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        revision bigint NOT NULL CHECK (revision >= 0)
      )`.execute(db);
    await sql`INSERT INTO revision_counter (revision) VALUES (0)`.execute(db);
    await createPlans(db);
    await createAccounts(db);
    await createKeys(db);
    await createOutbox(db);
  },
};

async function createPlans(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE plans (
      plan_id text COLLATE "C" PRIMARY KEY,
      name text NOT NULL,
      monthly_quota bigint NOT NULL CHECK (monthly_quota >= 0),
      quota_mode text NOT NULL CHECK (quota_mode IN ('HARD', 'SOFT')),
      key_rate_requests integer NOT NULL CHECK (key_rate_requests > 0),
      key_rate_per_ns bigint NOT NULL CHECK (key_rate_per_ns > 0),
      key_rate_burst integer NOT NULL CHECK (key_rate_burst > 0),
      account_rate_requests integer NOT NULL CHECK (account_rate_requests > 0),
      account_rate_per_ns bigint NOT NULL CHECK (account_rate_per_ns > 0),
      account_rate_burst integer NOT NULL CHECK (account_rate_burst > 0),
      batch_size_max integer NOT NULL CHECK (batch_size_max > 0),
      keys_max integer NOT NULL CHECK (keys_max > 0),
      revision bigint NOT NULL UNIQUE
    )`.execute(db);
}

async function createAccounts(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE accounts (
      account_id text COLLATE "C" PRIMARY KEY,
      name text NOT NULL,
      plan_id text COLLATE "C" NOT NULL REFERENCES plans,
      state text NOT NULL CHECK (state IN ('ACTIVE', 'SUSPENDED')),
      external_id text,
      create_time timestamptz(3) NOT NULL,
      update_time timestamptz(3) NOT NULL,
      revision bigint NOT NULL UNIQUE
    )`.execute(db);
}

async function createKeys(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE keys (
      key_id text COLLATE "C" PRIMARY KEY,
      account_id text COLLATE "C" NOT NULL REFERENCES accounts,
      name text NOT NULL,
      display_prefix text NOT NULL,
      secret_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(secret_sha256) = 32),
      scopes text[] NOT NULL,
      mode text NOT NULL CHECK (mode IN ('LIVE', 'TEST')),
      state text NOT NULL CHECK (state IN ('ACTIVE', 'REVOKED')),
      expire_time timestamptz(3),
      not_before_time timestamptz(3),
      rate_requests integer CHECK (rate_requests > 0),
      rate_per_ns bigint CHECK (rate_per_ns > 0),
      rate_burst integer CHECK (rate_burst > 0),
      create_time timestamptz(3) NOT NULL,
      revoke_time timestamptz(3),
      revision bigint NOT NULL UNIQUE,
      CHECK (num_nulls(rate_requests, rate_per_ns, rate_burst) IN (0, 3)),
      CHECK ((state = 'REVOKED') = (revoke_time IS NOT NULL))
    )`.execute(db);
  await sql`CREATE INDEX keys_by_account ON keys (account_id, key_id)`.execute(db);
  // What the plan bounds is counted under the lock of all writers, so its cost must not grow with the revoked keys.
  await sql`CREATE INDEX keys_in_force ON keys (account_id) WHERE state = 'ACTIVE'`.execute(db);
  await sql`CREATE INDEX keys_by_age ON keys (account_id, create_time)`.execute(db);
}

async function createOutbox(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE outbox (
      revision bigint PRIMARY KEY,
      fact text CHECK (fact IN ('ACCOUNT_CREATED', 'KEY_CREATED', 'KEY_REVOKED')),
      account_id text COLLATE "C",
      key_id text COLLATE "C",
      commit_time timestamptz(3) NOT NULL,
      CHECK ((account_id IS NOT NULL) = (fact IS NOT NULL)),
      CHECK ((key_id IS NOT NULL) = (fact IS NOT NULL AND fact <> 'ACCOUNT_CREATED'))
    )`.execute(db);
}
