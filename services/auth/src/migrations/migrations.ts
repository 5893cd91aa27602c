import type { Migration } from "kysely/migration";
import { CREATE_TABLES } from "./0001-create-tables.ts";
import { CREATE_AUDIT_EVENTS } from "./0002-create-audit-events.ts";
import { ACCOUNT_LIFECYCLE } from "./0003-account-lifecycle.ts";
import { EXTEND_KEYS } from "./0004-extend-keys.ts";
import { CREATE_IDEMPOTENCY_RECORDS } from "./0005-create-idempotency-records.ts";
import { NAME_AUDITED_RESOURCES } from "./0006-name-audited-resources.ts";
import { RETENTION } from "./0007-retention.ts";
import { CREATE_FOLLOWERS } from "./0010-create-followers.ts";
import { PLAN_FIELD_GROUPS } from "./0011-plan-field-groups.ts";
import { FOLLOWER_PLACES } from "./0012-follower-places.ts";

/** Every step from an empty database to the current tables, in the order of names. A released step is never edited. */
export const MIGRATIONS: Record<string, Migration> = {
  "0001-create-tables": CREATE_TABLES,
  "0002-create-audit-events": CREATE_AUDIT_EVENTS,
  "0003-account-lifecycle": ACCOUNT_LIFECYCLE,
  "0004-extend-keys": EXTEND_KEYS,
  "0005-create-idempotency-records": CREATE_IDEMPOTENCY_RECORDS,
  "0006-name-audited-resources": NAME_AUDITED_RESOURCES,
  "0007-retention": RETENTION,
  "0010-create-followers": CREATE_FOLLOWERS,
  "0011-plan-field-groups": PLAN_FIELD_GROUPS,
  "0012-follower-places": FOLLOWER_PLACES,
};
