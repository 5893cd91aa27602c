import type { ColumnType, Generated, Kysely, Transaction } from "kysely";

/** Metering's own database. */
export type MeteringDatabase = Kysely<MeteringSchema>;

/** A transaction in metering's database. */
export type MeteringTransaction = Transaction<MeteringSchema>;

/** The tables of metering; the README says what a row of each is. */
export interface MeteringSchema {
  accounts: AccountRow;
  plans: PlanRow;
  followed_revision: FollowedRevisionRow;
  gateway_epochs: GatewayEpochRow;
  periods: PeriodRow;
  leases: LeaseRow;
  usage_minutes: UsageMinuteRow;
  early_blocks: EarlyBlockRow;
  poison_blocks: PoisonBlockRow;
  newer_blocks: NewerBlockRow;
  usage_reading: UsageReadingRow;
}

/** An account of auth, with the revision of its record. */
export interface AccountRow {
  account_id: string;
  plan_id: string;
  /** True for one that is closed for ever. */
  is_closed: Generated<boolean>;
  revision: bigint;
}

/** A plan of auth, with the revision of its record. A deleted one stays: late usage of closed accounts is measured by it. */
export interface PlanRow {
  plan_id: string;
  monthly_quota: bigint;
  quota_mode: "HARD" | "SOFT";
  revision: bigint;
}

/** The only row: the newest revision of auth up to which every change is applied here. */
interface FollowedRevisionRow {
  /** The history of auth that the revision is of; empty while nothing is held. */
  history_id: string;
  revision: bigint;
}

interface GatewayEpochRow {
  gateway_id: string;
  epoch: bigint;
  /** Every record up to this sequence is counted. */
  watermark: Generated<bigint>;
  /** True once an operator said that its gateway never comes back. */
  is_forgotten: Generated<boolean>;
  /** The last sequence that may spend from its leases; null while the epoch is open. */
  closed_through: bigint | null;
  /** The secret of the process that opened the epoch; null while nobody did. */
  nonce: Buffer | null;
  /** Where that process has locked its directory; null while nobody opened the epoch. */
  place: Buffer | null;
  /** When the process that opened it last said so; null while nobody did. */
  heard_at: Date | null;
  /** The newest minute of the last block counted; before it, when the epoch was opened; null while neither is known. */
  newest_minute: Date | null;
}

interface PeriodRow {
  account_id: string;
  period_start: Date;
  used: Generated<bigint>;
  /** The sum of granted − settled over the leases that are not returned. */
  outstanding: Generated<bigint>;
}

interface LeaseRow {
  gateway_id: string;
  epoch: bigint;
  lease_number: bigint;
  account_id: string;
  period_start: Date;
  granted: bigint;
  settled: Generated<bigint>;
  expires_at: Date;
  /** The last sequence that may spend from the lease; null until the lease is released. */
  released_through: bigint | null;
  /** Until when a released lease stays lent, since the process that spends from it may still run; null where it may not. */
  held_until: Date | null;
  /** Units that went back to the quota; null until the lease is returned. */
  returned: bigint | null;
}

interface UsageMinuteRow {
  account_id: string;
  minute: Date;
  key_id: string;
  operation: string;
  status: number;
  /** The mode of the key. */
  mode: "LIVE" | "TEST";
  requests: bigint;
  units: bigint;
  /** Of these units, those beyond the limit of a soft plan when they were counted. */
  overage_units: bigint;
}

interface EarlyBlockRow {
  gateway_id: string;
  epoch: bigint;
  first_sequence: bigint;
  last_sequence: bigint;
  payload: Buffer;
  stored_at: ColumnType<Date, never, never>;
}

interface PoisonBlockRow {
  payload_sha256: Buffer;
  payload: Buffer;
  problem: string;
  gateway_id: string | null;
  epoch: bigint | null;
  first_sequence: bigint | null;
  stored_at: ColumnType<Date, never, never>;
}

interface NewerBlockRow {
  payload_sha256: Buffer;
  payload: Buffer;
  /** Its format, which the metering that kept it did not know. */
  format: bigint;
  stored_at: ColumnType<Date, never, never>;
}

/** The only row: up to where every block of the usage stream is counted here. */
interface UsageReadingRow {
  /** When the stream was made, as NATS writes it; empty while none was read. */
  stream_created: string;
  /** The place in the stream, from 1. */
  sequence: bigint;
}
