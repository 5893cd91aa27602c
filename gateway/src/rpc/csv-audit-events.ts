import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  AuditActor_KindSchema,
  type AuditEvent,
  type AuditedResource,
  AuditedResourceSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/audit_pb";
import type { CsvResponse } from "../operations/outcome.ts";
import { textCell } from "./csv-columns.ts";

const LINE_END = "\r\n";
/** Between the value before and the value after. */
const ARROW = " → ";

/** Each column with how it is read. */
const COLUMNS: Readonly<Record<string, (event: AuditEvent) => string>> = {
  event_id: ({ eventId }) => eventId,
  event_time: ({ eventTime }) => (eventTime ? timestampDate(eventTime).toISOString() : ""),
  action: ({ action }) => action,
  actor_kind: ({ actor }) => AuditActor_KindSchema.value[actor?.kind ?? 0]?.name ?? "",
  actor_account_id: ({ actor }) => actor?.accountId ?? "",
  actor_key_id: ({ actor }) => actor?.keyId ?? "",
  client_address: ({ actor }) => actor?.clientAddress ?? "",
  request_id: ({ actor }) => actor?.requestId ?? "",
  account_id: ({ accountId }) => accountId,
  resource: ({ before, after }) => resourceOf(after ?? before),
  changes: ({ before, after }) => changesOf(before, after),
};
const NAMES = Object.keys(COLUMNS).join(",") + LINE_END;

/** A page of audit events. */
interface AuditEvents {
  readonly auditEvents: readonly AuditEvent[];
  readonly nextPageToken: string;
}

/**
 * Audit events as CSV (RFC 4180): a line of names, then one for each event. What changed stands in one column: every field
 * whose value differs, with the value before and the value after; nothing stands for a field that was not, or is no more, there.
 */
export function auditEventsCsv({ auditEvents, nextPageToken }: AuditEvents): CsvResponse {
  const reads = Object.values(COLUMNS);
  const lines = auditEvents.map((event) => {
    return reads.map((read) => textCell(read(event))).join(",") + LINE_END;
  });
  return {
    csv: Buffer.from(NAMES + lines.join("")),
    headers: nextPageToken === "" ? {} : { "next-page-token": nextPageToken },
  };
}

/** The kind and the id, such as `key key_8vhq2n4c0wd1m5xe`. */
function resourceOf(audited: AuditedResource | undefined): string {
  const resource = audited?.resource;
  switch (resource?.case) {
    case "account":
      return `account ${resource.value.accountId}`;
    case "plan":
      return `plan ${resource.value.planId}`;
    case "key":
      return `key ${resource.value.keyId}`;
    default:
      return "";
  }
}

function changesOf(before: AuditedResource | undefined, after: AuditedResource | undefined) {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const names = new Set([...is.keys(), ...was.keys()]);
  return [...names]
    .filter((name) => was.get(name) !== is.get(name))
    .map((name) => `${name}: ${was.get(name) ?? ""}${ARROW}${is.get(name) ?? ""}`)
    .join("; ");
}

/** The values of a resource by the names of their fields, as JSON writes them; those of a message inside by their path. */
function fieldsOf(audited: AuditedResource | undefined): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (audited === undefined) return fields;
  const json = toJson(AuditedResourceSchema, audited, { useProtoFieldName: true }) as JsonObject;
  for (const resource of Object.values(json)) flatten(resource, "", fields);
  return fields;
}

type JsonObject = Readonly<Record<string, JsonValue>>;

function flatten(value: JsonValue, path: string, into: Map<string, string>): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    into.set(path, JSON.stringify(value));
    return;
  }
  for (const [name, inside] of Object.entries(value)) {
    flatten(inside, path === "" ? name : `${path}.${name}`, into);
  }
}
