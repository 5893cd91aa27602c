import type { UsageRecord } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { periodOf } from "./period.ts";

/** What records add to one minute of an account, by key, operation and status. */
export type MinuteTotal = {
  readonly accountId: string;
  readonly minute: Date;
  readonly keyId: string;
  readonly operation: string;
  readonly status: number;
  requests: bigint;
  units: bigint;
};

/** What records add to one period of an account. */
export type PeriodTotal = { readonly accountId: string; readonly periodStart: Date; units: bigint };

/** What records spent from one lease, for one period of an account. */
export type LeaseTotal = PeriodTotal & { readonly leaseNumber: bigint };

/** The sums of a block, so that its size does not show in the number of rows written. */
export type UsageTotals = {
  readonly minutes: readonly MinuteTotal[];
  readonly periods: readonly PeriodTotal[];
  readonly leases: readonly LeaseTotal[];
};

const minuteMs = 60_000;

/** Sums records by UTC minute, by period and by lease. Only records with units are in the last two. */
export function totalsOf(records: readonly UsageRecord[]): UsageTotals {
  const minutes = new Map<string, MinuteTotal>();
  const periods = new Map<string, PeriodTotal>();
  const leases = new Map<string, LeaseTotal>();
  for (const record of records) {
    addMinute(minutes, record);
    if (record.units > 0) addUnits(periods, leases, record);
  }
  return {
    minutes: [...minutes.values()],
    periods: [...periods.values()],
    leases: [...leases.values()],
  };
}

function addMinute(minutes: Map<string, MinuteTotal>, record: UsageRecord): void {
  const { accountId, keyId, operation, status } = record;
  const minuteStartMs = Math.floor(Number(record.timeMs) / minuteMs) * minuteMs;
  const total = entry(
    minutes,
    `${accountId} ${minuteStartMs} ${keyId} ${operation} ${status}`,
    () => {
      const minute = new Date(minuteStartMs);
      return { accountId, minute, keyId, operation, status, requests: 0n, units: 0n };
    },
  );
  total.requests += 1n;
  total.units += BigInt(record.units);
}

function addUnits(
  periods: Map<string, PeriodTotal>,
  leases: Map<string, LeaseTotal>,
  { accountId, timeMs, units, leaseNumber }: UsageRecord,
): void {
  const periodStart = periodOf(new Date(Number(timeMs))).start;
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
