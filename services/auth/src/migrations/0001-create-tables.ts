import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Identifiers collate as "C", so that the order of pages does not depend on the server's locale. */
export const CREATE_TABLES: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      create table revision_counter (
        only_row boolean primary key default true check (only_row),
        revision bigint not null check (revision >= 0)
      )`.execute(db);
    await sql`insert into revision_counter (revision) values (0)`.execute(db);
    await sql`
      create table plans (
        plan_id text collate "C" primary key,
        name text not null,
        monthly_quota bigint not null check (monthly_quota >= 0),
        quota_mode text not null check (quota_mode in ('HARD', 'SOFT')),
        rate_per_second integer not null check (rate_per_second > 0),
        burst integer not null check (burst > 0),
        batch_size_max integer not null check (batch_size_max > 0),
        revision bigint not null unique
      )`.execute(db);
    await sql`
      create table accounts (
        account_id text collate "C" primary key,
        name text not null,
        plan_id text collate "C" not null references plans,
        state text not null check (state in ('ACTIVE', 'SUSPENDED')),
        external_id text,
        create_time timestamptz(3) not null,
        update_time timestamptz(3) not null,
        revision bigint not null unique
      )`.execute(db);
    await sql`
      create table keys (
        key_id text collate "C" primary key,
        account_id text collate "C" not null references accounts,
        name text not null,
        display_prefix text not null,
        secret_sha256 bytea not null unique check (octet_length(secret_sha256) = 32),
        scopes text[] not null,
        state text not null check (state in ('ACTIVE', 'REVOKED')),
        expire_time timestamptz(3),
        not_before_time timestamptz(3),
        rate_per_second integer check (rate_per_second > 0),
        burst integer check (burst > 0),
        create_time timestamptz(3) not null,
        revision bigint not null unique
      )`.execute(db);
    await sql`create index keys_by_account on keys (account_id, key_id)`.execute(db);
    await sql`
      create table outbox (
        revision bigint primary key,
        change bytea not null,
        commit_time timestamptz(3) not null
      )`.execute(db);
  },
};
