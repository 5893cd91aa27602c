import { hash } from "node:crypto";
import type { AuditEvent } from "@geomesh/proto/grpc/geomesh/auth/v1/audit";
import type {
  ListAllAuditEventsRequest,
  ListAuditEventsRequest,
} from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { FieldProblem } from "@geomesh/runtime/errors";
import { type Page, readPage } from "@geomesh/runtime/page";
import {
  type AuditFilter,
  isAuditEventId,
  listAuditEvents as readEvents,
} from "../store/audit-events.ts";
import type { AuthDatabase } from "../store/schema.ts";
import { refuseIfAny, textProblems, timeProblems } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireAccount } from "./require-account.ts";

/**
 * Lists the changes that were made to an account and its keys, in pages, the newest first. The account's own people do not
 * learn from where an administrator called. Errors: ACCOUNT_NOT_FOUND, INVALID_ARGUMENT, PAGE_TOKEN_INVALID.
 */
export function listAuditEvents({ db }: AuthDeps): AuthHandlers["listAuditEvents"] {
  return async (request) => {
    refuseIfAny(problemsOf(request));
    const { accountId } = await requireAccount(db, request.accountId);
    const { items, nextPageToken } = await pageOf(db, request, accountId);
    const auditEvents = items.map((event) => withoutStrangersAddress(event, accountId));
    return { auditEvents, nextPageToken };
  };
}

/** Lists the changes that were made to anything, in pages, the newest first. Errors: INVALID_ARGUMENT, PAGE_TOKEN_INVALID. */
export function listAllAuditEvents({ db }: AuthDeps): AuthHandlers["listAllAuditEvents"] {
  return async (request) => {
    refuseIfAny(problemsOf(request));
    const { items, nextPageToken } = await pageOf(db, request, "");
    return { auditEvents: items, nextPageToken };
  };
}

function pageOf(
  db: AuthDatabase,
  request: ListAllAuditEventsRequest,
  accountId: string,
): Promise<Page<AuditEvent>> {
  const { startTime, endTime, action, keyId, resourceId } = request;
  const filter: AuditFilter = { accountId, startTime, endTime, action, keyId, resourceId };
  return readPage(request, {
    name: `audit events ${fingerprintOf(filter)}`,
    idOf: (event: AuditEvent) => event.eventId,
    isId: isAuditEventId,
    read: (beforeId, limit) => readEvents(db, filter, { beforeId, limit }),
  });
}

/** Binds page tokens to the filter, which may be longer than a token. */
function fingerprintOf(filter: AuditFilter): string {
  const { accountId, startTime, endTime, action, keyId, resourceId } = filter;
  return hash("sha256", JSON.stringify([accountId, startTime, endTime, action, keyId, resourceId]));
}

function withoutStrangersAddress(event: AuditEvent, accountId: string): AuditEvent {
  const { actor } = event;
  if (actor === undefined || actor.accountId === accountId) return event;
  return { ...event, actor: { ...actor, clientAddress: "" } };
}

function problemsOf(request: ListAuditEventsRequest | ListAllAuditEventsRequest): FieldProblem[] {
  const { startTime, endTime, action, keyId, resourceId } = request;
  const problems = [
    ...timeProblems("start_time", startTime),
    ...timeProblems("end_time", endTime),
    ...textProblems("action", action),
    ...textProblems("key_id", keyId),
    ...textProblems("resource_id", resourceId),
  ];
  if (startTime && endTime && endTime <= startTime) {
    problems.push({ field: "end_time", description: "must be later than start_time" });
  }
  return problems;
}
