import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Creates the table of the answers that requests with an `Idempotency-Key` got. Keys and requests are kept as hashes.
 * `response` is the encoded answer, or where it holds a secret, that answer sealed under a key that no database has.
 */
export const CREATE_IDEMPOTENCY_RECORDS: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      CREATE TABLE idempotency_records (
        account_id text COLLATE "C" NOT NULL,
        rpc text COLLATE "C" NOT NULL,
        key_sha256 bytea NOT NULL CHECK (octet_length(key_sha256) = 32),
        request_sha256 bytea NOT NULL CHECK (octet_length(request_sha256) = 32),
        response bytea NOT NULL,
        is_sealed boolean NOT NULL,
        create_time timestamptz(3) NOT NULL,
        PRIMARY KEY (account_id, rpc, key_sha256)
      )`.execute(db);
    await sql`CREATE INDEX idempotency_records_by_time ON idempotency_records (create_time)`.execute(
      db,
    );
  },
};
