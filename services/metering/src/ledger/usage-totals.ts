import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import type { UsageRecord } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { periodOf } from "@geomesh/terms/period";
import { runsOf, type UsageRun } from "./usage-runs.ts";

/** What records add to one minute of an account, by key, operation, status and mode. */
export interface MinuteTotal {
  /** Its place among the minutes, from 1. */
  readonly at: number;
  readonly accountId: string;
  readonly minute: Date;
  readonly keyId: string;
  readonly operation: string;
  readonly status: number;
  readonly mode: "LIVE" | "TEST";
  requests: bigint;
  units: bigint;
}

/** Units of consecutive records, and the places of the totals that hold them, from 1. */
export interface RunTotal {
  readonly minuteAt: number;
  readonly periodAt: number;
  readonly units: bigint;
}

/** What records add to one period of an account. */
export interface PeriodTotal {
  /** Its place among the periods, from 1. */
  readonly at: number;
  readonly accountId: string;
  readonly periodStart: Date;
  units: bigint;
}

/** What records spent from one lease, for one period of an account. */
export interface LeaseTotal extends Omit<PeriodTotal, "at"> {
  readonly leaseNumber: bigint;
}

/** The sums of a block. Their number, not the number of records, decides how many rows are written. */
export interface UsageTotals {
  readonly minutes: readonly MinuteTotal[];
  /** In the order of the records, which decides whose units exceed a limit. */
  readonly runs: readonly RunTotal[];
  readonly periods: readonly PeriodTotal[];
  readonly leases: readonly LeaseTotal[];
}

/** Sums records by UTC minute, by period and by lease. Records without units are only in the minutes. */
export function totalsOf(records: readonly UsageRecord[]): UsageTotals {
  const minutes = new Map<string, MinuteTotal>();
  const periods = new Map<string, PeriodTotal>();
  const leases = new Map<string, LeaseTotal>();
  const runs: RunTotal[] = [];
  for (const run of runsOf(records)) {
    const { at: minuteAt } = addMinute(minutes, run);
    if (run.units === 0) continue;
    const { at: periodAt } = addUnits(periods, leases, run);
    runs.push({ minuteAt, periodAt, units: BigInt(run.units) });
  }
  return {
    minutes: [...minutes.values()],
    runs,
    periods: [...periods.values()],
    leases: [...leases.values()],
  };
}

function addMinute(minutes: Map<string, MinuteTotal>, run: UsageRun): MinuteTotal {
  const { accountId, keyId, operation, status } = run.first;
  const mode: MinuteTotal["mode"] = run.first.mode === KeyMode.TEST ? "TEST" : "LIVE";
  const total = entry(
    minutes,
    `${accountId} ${run.minuteStartMs} ${keyId} ${operation} ${status} ${mode}`,
    () => {
      const minute = new Date(run.minuteStartMs);
      const at = minutes.size + 1;
      return { at, accountId, minute, keyId, operation, status, mode, requests: 0n, units: 0n };
    },
  );
  total.requests += BigInt(run.requests);
  total.units += BigInt(run.units);
  return total;
}

function addUnits(
  periods: Map<string, PeriodTotal>,
  leases: Map<string, LeaseTotal>,
  { first: { accountId, leaseNumber }, minuteStartMs, units }: UsageRun,
): PeriodTotal {
  const periodStart = new Date(periodOf(minuteStartMs).startMs);
  const key = `${accountId} ${periodStart.getTime()}`;
  const none = { accountId, periodStart, units: 0n };
  const period = entry(periods, key, () => ({ ...none, at: periods.size + 1 }));
  period.units += BigInt(units);
  if (leaseNumber !== 0n) {
    const lease = entry(leases, `${key} ${leaseNumber}`, () => ({ ...none, leaseNumber }));
    lease.units += BigInt(units);
  }
  return period;
}

function entry<V>(map: Map<string, V>, key: string, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
