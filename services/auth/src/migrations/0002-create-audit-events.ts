import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Creates the table of audit events. `event_number` grows in the order of commits, because every writer holds the lock of the
 * revision counter. `resource_before` and `resource_after` are encoded messages of geomesh.auth.v1.AuditedResource.
 */
export const CREATE_AUDIT_EVENTS: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      CREATE TABLE audit_events (
        event_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_time timestamptz(3) NOT NULL,
        action text NOT NULL,
        actor_kind text NOT NULL CHECK (actor_kind IN ('API_KEY', 'OPERATOR', 'SYSTEM')),
        actor_account_id text COLLATE "C" NOT NULL,
        actor_key_id text COLLATE "C" NOT NULL,
        client_address text NOT NULL,
        request_id text NOT NULL,
        account_id text COLLATE "C" NOT NULL,
        resource_before bytea,
        resource_after bytea,
        CHECK (num_nonnulls(resource_before, resource_after) > 0)
      )`.execute(db);
    await sql`CREATE INDEX audit_events_by_account ON audit_events (account_id, event_number)`.execute(
      db,
    );
    await sql`CREATE INDEX audit_events_by_time ON audit_events (event_time)`.execute(db);
  },
};
