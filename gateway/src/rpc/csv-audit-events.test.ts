import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import {
  AuditActor_Kind,
  AuditEventSchema,
  type AuditedResourceSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/audit_pb";
import { expect, test } from "vitest";
import { auditEventsCsv } from "./csv-audit-events.ts";

type Resource = MessageInitShape<typeof AuditedResourceSchema>["resource"];

const KEY = { keyId: "key_1", accountId: "acct_1", name: "website" };

function csvOf(fields: MessageInitShape<typeof AuditEventSchema>, nextPageToken = "") {
  const event = create(AuditEventSchema, fields);
  const { csv, headers } = auditEventsCsv({ auditEvents: [event], nextPageToken });
  const [names = "", line = "", end] = Buffer.from(csv).toString().split("\r\n");
  expect(end).toBe("");
  return { names, line, headers };
}

function changesOf(before: Resource | undefined, after: Resource | undefined): string {
  const { line } = csvOf({
    ...(before && { before: { resource: before } }),
    ...(after && { after: { resource: after } }),
  });
  const cell = /,("(?:[^"]|"")*"|[^,]*)$/.exec(line)?.[1] ?? "";
  return cell.replace(/^"|"$/g, "").replaceAll('""', '"');
}

test("a line tells when, who, what, and each value that differs", () => {
  const { names, line } = csvOf({
    eventId: "audit_0000000000000042",
    eventTime: timestampFromDate(new Date("2026-11-28T16:43:02.611Z")),
    action: "RevokeKey",
    actor: {
      kind: AuditActor_Kind.API_KEY,
      accountId: "acct_2",
      keyId: "key_2",
      clientAddress: "192.0.2.0/24",
      requestId: "r-1",
    },
    accountId: "acct_1",
    before: { resource: { case: "key", value: { ...KEY, state: Key_State.ACTIVE } } },
    after: { resource: { case: "key", value: { ...KEY, state: Key_State.REVOKED } } },
  });
  expect(names.split(",")).toEqual([
    ...["event_id", "event_time", "action", "actor_kind", "actor_account_id", "actor_key_id"],
    ...["client_address", "request_id", "account_id", "resource", "changes"],
  ]);
  expect(line).toBe(
    "audit_0000000000000042,2026-11-28T16:43:02.611Z,RevokeKey,API_KEY,acct_2,key_2,192.0.2.0/24," +
      'r-1,acct_1,key key_1,"state: ""ACTIVE"" → ""REVOKED"""',
  );
});

test("something new has nothing before, something that is gone nothing after", () => {
  const plan = { planId: "starter", monthlyQuota: 5n, keyRate: { requests: 10 } };
  const made: Resource = { case: "plan", value: plan };
  expect(changesOf(undefined, made)).toBe(
    'plan_id:  → "starter"; monthly_quota:  → "5"; key_rate.requests:  → 10',
  );
  expect(changesOf(made, undefined)).toContain("key_rate.requests: 10 → ");
  expect(changesOf(made, made)).toBe("");
});

test("what a spreadsheet would take for a formula is text, wherever a caller can put one", () => {
  const { line } = csvOf({ actor: { requestId: "-1+2", clientAddress: "=1" }, action: "@x" });
  expect(line).toBe(",,'@x,KIND_UNSPECIFIED,,,'=1,'-1+2,,,");
  const named: Resource = {
    case: "account",
    value: { accountId: "acct_1", name: '=cmd("x"),\n1' },
  };
  expect(changesOf(undefined, named)).toMatch(/^account_id: /);
});

test("the token of the next page is a header, where there is one", () => {
  expect(csvOf({}, "token").headers).toEqual({ "next-page-token": "token" });
  expect(csvOf({}).headers).toEqual({});
});
