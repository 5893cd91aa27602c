import type { Account, Key, Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AuditedResource } from "@geomesh/proto/grpc/geomesh/auth/v1/audit";
import type { Actor } from "./actor.ts";
import type { AuditEventRow, AuthTransaction } from "./schema.ts";

/** What was changed, as it was and as it is. One of both may be missing: it is new, or it is gone. */
export type Audited =
  | { readonly kind: "account"; readonly before?: Account; readonly after?: Account }
  | { readonly kind: "plan"; readonly before?: Plan; readonly after?: Plan }
  | { readonly kind: "key"; readonly before?: Key; readonly after?: Key };

/** Adds an event to the audit log, in the transaction that makes the change. */
export async function insertAuditEvent(
  trx: AuthTransaction,
  event: Pick<AuditEventRow, "event_time"> & { readonly actor: Actor; readonly audited: Audited },
): Promise<void> {
  const { event_time, actor, audited } = event;
  await trx
    .insertInto("audit_events")
    .values({
      ...actor,
      event_time,
      account_id: accountOf(audited),
      resource_id: resourceIdOf(audited),
      resource_before: encoded(audited, audited.before),
      resource_after: encoded(audited, audited.after),
    })
    .execute();
}

function accountOf(audited: Audited): string {
  if (audited.kind === "plan") return "";
  return (audited.after ?? audited.before)?.accountId ?? "";
}

function resourceIdOf(audited: Audited): string {
  switch (audited.kind) {
    case "account":
      return (audited.after ?? audited.before)?.accountId ?? "";
    case "plan":
      return (audited.after ?? audited.before)?.planId ?? "";
    default:
      return (audited.after ?? audited.before)?.keyId ?? "";
  }
}

function encoded({ kind }: Audited, value: Account | Plan | Key | undefined): Buffer | null {
  if (value === undefined) return null;
  const resource = { $case: kind, value } as AuditedResource["resource"];
  return Buffer.from(AuditedResource.encode({ resource }).finish());
}
