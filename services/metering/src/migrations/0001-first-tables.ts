import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { COUNTING_FUNCTIONS } from "./count-usage.ts";
import { INSTANT_OF } from "./local-time.ts";

const TABLES = [
  sql`CREATE TABLE accounts (
    account_id text COLLATE "C" PRIMARY KEY,
    plan_id text COLLATE "C" NOT NULL,
    revision bigint NOT NULL
  )`,
  sql`CREATE TABLE plans (
    plan_id text COLLATE "C" PRIMARY KEY,
    monthly_quota bigint NOT NULL,
    quota_mode text NOT NULL CHECK (quota_mode IN ('HARD', 'SOFT')),
    revision bigint NOT NULL
  )`,
  sql`CREATE TABLE followed_revision (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    history_id text COLLATE "C" NOT NULL,
    revision bigint NOT NULL
  )`,
  sql`INSERT INTO followed_revision (history_id, revision) VALUES ('', 0)`,
  sql`CREATE TABLE gateway_epochs (
    gateway_id text COLLATE "C",
    epoch bigint,
    watermark bigint NOT NULL DEFAULT 0,
    is_forgotten boolean NOT NULL DEFAULT false,
    closed_through bigint,
    nonce bytea,
    place bytea,
    heard_at timestamptz,
    newest_minute timestamptz,
    PRIMARY KEY (gateway_id, epoch)
  )`,
  sql`CREATE TABLE periods (
    account_id text COLLATE "C",
    period_start timestamptz,
    used bigint NOT NULL DEFAULT 0,
    outstanding bigint NOT NULL DEFAULT 0 CHECK (outstanding >= 0),
    PRIMARY KEY (account_id, period_start)
  )`,
  sql`CREATE TABLE leases (
    gateway_id text COLLATE "C",
    epoch bigint,
    lease_number bigint,
    account_id text COLLATE "C" NOT NULL,
    period_start timestamptz NOT NULL,
    granted bigint NOT NULL,
    settled bigint NOT NULL DEFAULT 0 CHECK (settled BETWEEN 0 AND granted),
    expires_at timestamptz NOT NULL,
    released_through bigint,
    held_until timestamptz,
    returned bigint CHECK (returned = granted - settled),
    PRIMARY KEY (gateway_id, epoch, lease_number)
  )`,
  sql`CREATE INDEX leases_to_return ON leases (gateway_id, epoch, released_through)
    WHERE returned IS NULL`,
  sql`CREATE INDEX leases_held ON leases (held_until) WHERE returned IS NULL AND held_until IS NOT NULL`,
  sql`CREATE TABLE usage_minutes (
    account_id text COLLATE "C",
    minute timestamptz,
    key_id text COLLATE "C",
    operation text COLLATE "C",
    status integer,
    mode text COLLATE "C" CHECK (mode IN ('LIVE', 'TEST')),
    requests bigint NOT NULL,
    units bigint NOT NULL,
    overage_units bigint NOT NULL CHECK (overage_units BETWEEN 0 AND units),
    PRIMARY KEY (account_id, minute, key_id, operation, status, mode)
  )`,
  sql`CREATE INDEX usage_minutes_by_time ON usage_minutes USING brin (minute) WITH (autosummarize = on)`,
  sql`CREATE TABLE early_blocks (
    gateway_id text COLLATE "C",
    epoch bigint,
    first_sequence bigint,
    last_sequence bigint,
    payload bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (gateway_id, epoch, first_sequence, last_sequence)
  )`,
  sql`CREATE TABLE poison_blocks (
    payload_sha256 bytea PRIMARY KEY,
    payload bytea NOT NULL,
    problem text NOT NULL,
    gateway_id text COLLATE "C",
    epoch bigint,
    first_sequence bigint,
    stored_at timestamptz NOT NULL DEFAULT now()
  )`,
  sql`CREATE TABLE newer_blocks (
    payload_sha256 bytea PRIMARY KEY,
    payload bytea NOT NULL,
    format bigint NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
  )`,
  sql`CREATE TABLE usage_reading (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    stream_created text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL
  )`,
  sql`INSERT INTO usage_reading (stream_created, sequence) VALUES ('', 0)`,
];

/**
 * Usage, periods, leases and the plans they are measured against, and the functions that count. Identifiers collate as
 * "C", so that the order of pages does not depend on the locale of the server.
 */
export const FIRST_TABLES: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of [...TABLES, ...COUNTING_FUNCTIONS, INSTANT_OF])
      await statement.execute(db);
  },
};
