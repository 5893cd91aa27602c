import type { UsageRecord } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { periodOf } from "@geomesh/terms/period";
import { runsOf, type UsageRun } from "./usage-runs.ts";

/** What records add to one minute of an account, by key, operation and status. */
export interface MinuteTotal {
  readonly accountId: string;
  readonly minute: Date;
  readonly keyId: string;
  readonly operation: string;
  readonly status: number;
  requests: bigint;
  units: bigint;
}

/** What records add to one period of an account. */
export interface PeriodTotal {
  readonly accountId: string;
  readonly periodStart: Date;
  units: bigint;
}

/** What records spent from one lease, for one period of an account. */
export interface LeaseTotal extends PeriodTotal {
  readonly leaseNumber: bigint;
}

/** The sums of a block. Their number, not the number of records, decides how many rows are written. */
export interface UsageTotals {
  readonly minutes: readonly MinuteTotal[];
  readonly periods: readonly PeriodTotal[];
  readonly leases: readonly LeaseTotal[];
}

/** Sums records by UTC minute, by period and by lease. Records without units are left out of the last two. */
export function totalsOf(records: readonly UsageRecord[]): UsageTotals {
  const minutes = new Map<string, MinuteTotal>();
  const periods = new Map<string, PeriodTotal>();
  const leases = new Map<string, LeaseTotal>();
  for (const run of runsOf(records)) {
    addMinute(minutes, run);
    if (run.units > 0) addUnits(periods, leases, run);
  }
  return {
    minutes: [...minutes.values()],
    periods: [...periods.values()],
    leases: [...leases.values()],
  };
}

function addMinute(minutes: Map<string, MinuteTotal>, run: UsageRun): void {
  const { accountId, keyId, operation, status } = run.first;
  const total = entry(
    minutes,
    `${accountId} ${run.minuteStartMs} ${keyId} ${operation} ${status}`,
    () => {
      const minute = new Date(run.minuteStartMs);
      return { accountId, minute, keyId, operation, status, requests: 0n, units: 0n };
    },
  );
  total.requests += BigInt(run.requests);
  total.units += BigInt(run.units);
}

function addUnits(
  periods: Map<string, PeriodTotal>,
  leases: Map<string, LeaseTotal>,
  { first: { accountId, leaseNumber }, minuteStartMs, units }: UsageRun,
): void {
  const periodStart = new Date(periodOf(minuteStartMs).startMs);
  const key = `${accountId} ${periodStart.getTime()}`;
  const none = { accountId, periodStart, units: 0n };
  entry(periods, key, () => ({ ...none })).units += BigInt(units);
  if (leaseNumber === 0n) return;
  entry(leases, `${key} ${leaseNumber}`, () => ({ ...none, leaseNumber })).units += BigInt(units);
}

function entry<V>(map: Map<string, V>, key: string, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
