import {
  AuditActor_Kind,
  type AuditEvent,
  AuditedResource,
} from "@geomesh/proto/grpc/geomesh/auth/v1/audit";
import type { Selectable } from "kysely";
import type { AuditEventRow, AuthDatabase } from "./schema.ts";

const ID_PREFIX = "audit_";
const ID_DIGITS = 16;
const ID_PATTERN = /^audit_\d{16}$/;

/** Which events are wanted; an empty text stands for all. */
export interface AuditFilter {
  readonly accountId: string;
  /** Inclusive. */
  readonly startTime?: Date | undefined;
  /** Exclusive. */
  readonly endTime?: Date | undefined;
  readonly action: string;
  /** Of the key that made the change. */
  readonly keyId: string;
  readonly resourceId: string;
}

/** True for a well-formed id of an event. */
export function isAuditEventId(text: string): boolean {
  return ID_PATTERN.test(text);
}

/** At most `limit` events that the filter lets through, the newest first; only those before an event where its id is given. */
export async function listAuditEvents(
  db: AuthDatabase,
  filter: AuditFilter,
  { beforeId, limit }: { readonly beforeId: string; readonly limit: number },
): Promise<AuditEvent[]> {
  const { accountId, startTime, endTime, action, keyId, resourceId } = filter;
  let query = db.selectFrom("audit_events").selectAll();
  if (beforeId !== "") query = query.where("event_number", "<", numberOf(beforeId));
  if (accountId !== "") query = query.where("account_id", "=", accountId);
  if (startTime !== undefined) query = query.where("event_time", ">=", startTime);
  if (endTime !== undefined) query = query.where("event_time", "<", endTime);
  if (action !== "") query = query.where("action", "=", action);
  if (keyId !== "") query = query.where("actor_key_id", "=", keyId);
  if (resourceId !== "") query = query.where("resource_id", "=", resourceId);
  return (await query.orderBy("event_number", "desc").limit(limit).execute()).map(toAuditEvent);
}

function numberOf(eventId: string): bigint {
  return BigInt(eventId.slice(ID_PREFIX.length));
}

function toAuditEvent(row: Selectable<AuditEventRow>): AuditEvent {
  return {
    eventId: `${ID_PREFIX}${row.event_number.toString().padStart(ID_DIGITS, "0")}`,
    eventTime: row.event_time,
    action: row.action,
    actor: {
      kind: AuditActor_Kind[row.actor_kind],
      accountId: row.actor_account_id,
      keyId: row.actor_key_id,
      clientAddress: row.client_address,
      requestId: row.request_id,
    },
    accountId: row.account_id,
    before: decoded(row.resource_before),
    after: decoded(row.resource_after),
  };
}

function decoded(resource: Buffer | null): AuditedResource | undefined {
  return resource === null ? undefined : AuditedResource.decode(resource);
}
