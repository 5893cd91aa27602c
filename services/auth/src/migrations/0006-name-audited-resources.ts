import { AuditedResource } from "@geomesh/proto/grpc/geomesh/auth/v1/audit";
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

const EVENTS_AT_ONCE = 1_000;

interface Event {
  readonly event_number: bigint;
  readonly resource: Buffer;
}

/** Adds to each audit event the id of what it is about, so that events can be looked up by it and by the key that made them. */
export const NAME_AUDITED_RESOURCES: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      ALTER TABLE audit_events ADD COLUMN resource_id text COLLATE "C" NOT NULL DEFAULT ''`.execute(
      db,
    );
    let after = 0n;
    for (let events = await eventsAfter(db, after); events.length > 0; ) {
      for (const event of events) await nameResource(db, event);
      after = events.at(-1)?.event_number ?? after;
      events = await eventsAfter(db, after);
    }
    await sql`ALTER TABLE audit_events ALTER COLUMN resource_id DROP DEFAULT`.execute(db);
    await sql`
      CREATE INDEX audit_events_by_resource ON audit_events (resource_id, event_number)`.execute(
      db,
    );
    await sql`
      CREATE INDEX audit_events_by_key ON audit_events (actor_key_id, event_number)`.execute(db);
  },
};

async function eventsAfter(db: Kysely<unknown>, eventNumber: bigint): Promise<readonly Event[]> {
  const { rows } = await sql<Event>`
    SELECT event_number, coalesce(resource_after, resource_before) AS resource FROM audit_events
    WHERE event_number > ${eventNumber} ORDER BY event_number LIMIT ${EVENTS_AT_ONCE}`.execute(db);
  return rows;
}

async function nameResource(db: Kysely<unknown>, event: Event): Promise<void> {
  const { resource } = AuditedResource.decode(event.resource);
  await sql`
    UPDATE audit_events SET resource_id = ${idOf(resource)}
    WHERE event_number = ${event.event_number}`.execute(db);
}

function idOf(resource: AuditedResource["resource"]): string {
  switch (resource?.$case) {
    case "account":
      return resource.value.accountId;
    case "plan":
      return resource.value.planId;
    case "key":
      return resource.value.keyId;
    default:
      return "";
  }
}
