import type { Account_State, Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { AuditActor_Kind } from "@geomesh/proto/grpc/geomesh/auth/v1/audit";
import type { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import type { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import type { Generated, Kysely, Transaction } from "kysely";
import type { Fact } from "./facts.ts";
import type { OptionalRateColumns, RateColumns } from "./rates.ts";

/** The tables of auth. `migrations/` has the bounds of each column. */
export interface AuthSchema {
  revision_counter: RevisionCounterRow;
  plans: PlanRow;
  accounts: AccountRow;
  plan_assignments: PlanAssignmentRow;
  keys: KeyRow;
  key_uses: KeyUseRow;
  followers: FollowerRow;
  outbox: OutboxRow;
  audit_events: AuditEventRow;
  idempotency_records: IdempotencyRecordRow;
}

/** Auth's own database. */
export type AuthDatabase = Kysely<AuthSchema>;

/** A transaction in auth's database. */
export type AuthTransaction = Transaction<AuthSchema>;

/** The only row of its table. */
export interface RevisionCounterRow {
  /** The newest. */
  revision: bigint;
  /** The newest of a key that was removed; 0 where none was. */
  floor_revision: Generated<bigint>;
}

/** A plan, with the revision of its last change. */
export interface PlanRow extends RateColumns<"key_rate">, RateColumns<"account_rate"> {
  plan_id: string;
  name: string;
  monthly_quota: bigint;
  quota_mode: Exclude<keyof typeof QuotaMode, "QUOTA_MODE_UNSPECIFIED" | "UNRECOGNIZED">;
  batch_size_max: number;
  keys_max: number;
  /** In the order of the alphabet; none means all. */
  field_groups: string[];
  /** Null until it is deleted. */
  delete_time: Date | null;
  revision: bigint;
}

/** An account, with the revision of its last change. */
export interface AccountRow {
  account_id: string;
  name: string;
  plan_id: string;
  state: Exclude<keyof typeof Account_State, "STATE_UNSPECIFIED">;
  external_id: string | null;
  metadata: Record<string, string>;
  create_time: Date;
  update_time: Date;
  revision: bigint;
}

/** A time in which an account has a plan. */
export interface PlanAssignmentRow {
  assignment_number: Generated<bigint>;
  account_id: string;
  plan_id: string;
  start_time: Date;
  /** Null while the account has the plan. */
  end_time: Date | null;
}

/** An API key, with the revision of its last change; revoked ones stay. */
export interface KeyRow extends OptionalRateColumns<"rate"> {
  key_id: string;
  account_id: string;
  name: string;
  display_prefix: string;
  secret_sha256: Buffer;
  scopes: string[];
  /** Never changes. */
  mode: Exclude<keyof typeof KeyMode, "KEY_MODE_UNSPECIFIED" | "UNRECOGNIZED">;
  state: keyof typeof Key_State;
  expire_time: Date | null;
  not_before_time: Date | null;
  create_time: Date;
  update_time: Date;
  /** Null until it is revoked. */
  revoke_time: Date | null;
  /** In canonical form; none where it may be used from anywhere. */
  allowed_cidrs: string[];
  /** In canonical form; none where any page may use it. */
  allowed_origins: string[];
  metadata: Record<string, string>;
  /** The key that a rotation made in its place. */
  replaced_by_key_id: string | null;
  /** True where the secret came from outside, and may come again. */
  is_given: boolean;
  revision: bigint;
}

/** How far a gateway's process holds the changes. */
export interface FollowerRow {
  follower_id: string;
  /** Empty where it holds none. */
  history_id: string;
  revision: bigint;
  seen_time: Date;
  /** Where it has locked its directory: one process at a time is at a place. Null where it does not say. */
  place: Buffer | null;
  /** Larger for one that starts later at the same place. */
  epoch: bigint;
  /** For how long it accepts keys without hearing from auth. */
  staleness_max_ms: number;
}

/** When a key was last used. It is no part of the key, so that its changes have no revision. */
export interface KeyUseRow {
  key_id: string;
  /** A whole minute. */
  use_time: Date;
}

/** Who changed what. Rows are added and never altered. */
export interface AuditEventRow {
  event_number: Generated<bigint>;
  event_time: Date;
  /** An RPC, such as `CreateKey`. */
  action: string;
  actor_kind: Exclude<keyof typeof AuditActor_Kind, "KIND_UNSPECIFIED">;
  actor_account_id: string;
  actor_key_id: string;
  client_address: string;
  request_id: string;
  /** Empty for a plan. */
  account_id: string;
  /** The id of the account, the plan or the key. */
  resource_id: string;
  /** An encoded AuditedResource; null for something new. */
  resource_before: Buffer | null;
  /** An encoded AuditedResource; null for something that is gone. */
  resource_after: Buffer | null;
}

/** What a request with an `Idempotency-Key` was answered. */
export interface IdempotencyRecordRow {
  /** The account that asked. */
  account_id: string;
  /** Its path, such as `/geomesh.auth.v1.AuthService/CreateKey`. */
  rpc: string;
  /** The hash of the `Idempotency-Key`. */
  key_sha256: Buffer;
  /** The hash of the encoded request. */
  request_sha256: Buffer;
  /** The encoded answer, sealed where it holds a secret. */
  response: Buffer;
  is_sealed: boolean;
  create_time: Date;
}

/** A committed change whose publication is not acknowledged yet. */
export interface OutboxRow {
  revision: bigint;
  /** The event that tells of it; null where followers alone need to know. */
  fact: Fact["kind"] | null;
  account_id: string | null;
  key_id: string | null;
  /** The new key of a rotation. */
  new_key_id: string | null;
  commit_time: Date;
}
