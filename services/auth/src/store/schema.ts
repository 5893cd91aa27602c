import type {
  Account_State,
  Key_State,
  Plan_QuotaMode,
} from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { Kysely, Transaction } from "kysely";

/** The tables of auth. `migrations/` has the bounds of each column. */
export interface AuthSchema {
  revision_counter: { revision: bigint };
  plans: PlanRow;
  accounts: AccountRow;
  keys: KeyRow;
  outbox: OutboxRow;
}

/** Auth's own database. */
export type AuthDatabase = Kysely<AuthSchema>;

/** A transaction in auth's database. */
export type AuthTransaction = Transaction<AuthSchema>;

/** A plan, with the revision of its last change. */
export interface PlanRow {
  plan_id: string;
  name: string;
  monthly_quota: bigint;
  quota_mode: keyof typeof Plan_QuotaMode;
  rate_per_second: number;
  burst: number;
  batch_size_max: number;
  revision: bigint;
}

/** An account, with the revision of its last change. */
export interface AccountRow {
  account_id: string;
  name: string;
  plan_id: string;
  state: keyof typeof Account_State;
  external_id: string | null;
  create_time: Date;
  update_time: Date;
  revision: bigint;
}

/** An API key, with the revision of its last change; revoked ones stay. */
export interface KeyRow {
  key_id: string;
  account_id: string;
  name: string;
  display_prefix: string;
  secret_sha256: Buffer;
  scopes: string[];
  state: keyof typeof Key_State;
  expire_time: Date | null;
  not_before_time: Date | null;
  rate_per_second: number | null;
  burst: number | null;
  create_time: Date;
  revision: bigint;
}

/** A committed change whose publication is not acknowledged yet. */
export interface OutboxRow {
  revision: bigint;
  /** An encoded geomesh.auth.v1.Change. */
  change: Buffer;
  commit_time: Date;
}
