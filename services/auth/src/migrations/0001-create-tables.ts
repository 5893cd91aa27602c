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
    await sql`
      CREATE TABLE plans (
        plan_id text COLLATE "C" PRIMARY KEY,
        name text NOT NULL,
        monthly_quota bigint NOT NULL CHECK (monthly_quota >= 0),
        quota_mode text NOT NULL CHECK (quota_mode IN ('HARD', 'SOFT')),
        rate_per_second integer NOT NULL CHECK (rate_per_second > 0),
        burst integer NOT NULL CHECK (burst > 0),
        batch_size_max integer NOT NULL CHECK (batch_size_max > 0),
        revision bigint NOT NULL UNIQUE
      )`.execute(db);
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
    await sql`
      CREATE TABLE keys (
        key_id text COLLATE "C" PRIMARY KEY,
        account_id text COLLATE "C" NOT NULL REFERENCES accounts,
        name text NOT NULL,
        display_prefix text NOT NULL,
        secret_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(secret_sha256) = 32),
        scopes text[] NOT NULL,
        state text NOT NULL CHECK (state IN ('ACTIVE', 'REVOKED')),
        expire_time timestamptz(3),
        not_before_time timestamptz(3),
        rate_per_second integer CHECK (rate_per_second > 0),
        burst integer CHECK (burst > 0),
        create_time timestamptz(3) NOT NULL,
        revision bigint NOT NULL UNIQUE
      )`.execute(db);
    await sql`CREATE INDEX keys_by_account ON keys (account_id, key_id)`.execute(db);
    await sql`
      CREATE TABLE outbox (
        revision bigint PRIMARY KEY,
        change bytea NOT NULL,
        commit_time timestamptz(3) NOT NULL
      )`.execute(db);
  },
};
