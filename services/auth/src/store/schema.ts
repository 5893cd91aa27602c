import type {
  Account_State,
  Key_State,
  Plan_QuotaMode,
} from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { Kysely } from "kysely";

/** The tables of auth; migrations/ says what each column may hold. */
export interface AuthSchema {
  revision_counter: { revision: bigint };
  plans: PlanRow;
  accounts: AccountRow;
  keys: KeyRow;
  outbox: OutboxRow;
}

export type AuthDatabase = Kysely<AuthSchema>;

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

/** A committed change that is not yet known to be in the AUTH stream. */
export interface OutboxRow {
  revision: bigint;
  /** geomesh.auth.v1.Change */
  change: Buffer;
  commit_time: Date;
}
