import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import type { UsageKind } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { periodOf } from "@geomesh/terms/period";
import type { UsageColumns } from "./usage-columns.ts";

const MINUTE_MS = 60_000;
const INDEX_BYTES = 2;

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

/** Units of each record of a kind, and the places of the totals that hold them, from 1; 0 where none does. */
export interface KindTotal {
  readonly minuteAt: number;
  readonly periodAt: number;
  readonly units: number;
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

/** The sums of a block. The number of its kinds, not that of its records, decides how many rows are written. */
export interface UsageTotals {
  readonly minutes: readonly MinuteTotal[];
  readonly kinds: readonly KindTotal[];
  /** The kind of each record as 16 bits, little-endian: the order of the records decides whose units exceed a limit. */
  readonly recordKinds: Buffer;
  readonly periods: readonly PeriodTotal[];
  readonly leases: readonly LeaseTotal[];
}

/**
 * Sums records by UTC minute, by period and by lease. Records without units are only in the minutes, lost ones nowhere.
 * Every index must be that of a kind.
 */
export function totalsOf({ kinds, kindIndexes }: UsageColumns): UsageTotals {
  const minutes = new Map<string, MinuteTotal>();
  const periods = new Map<string, PeriodTotal>();
  const leases = new Map<string, LeaseTotal>();
  const requestsOfKinds = new Uint32Array(kinds.length);
  const recordKinds = Buffer.allocUnsafe(kindIndexes.length * INDEX_BYTES);
  let end = 0;
  for (const index of kindIndexes) {
    requestsOfKinds[index] = (requestsOfKinds[index] as number) + 1;
    end = recordKinds.writeUInt16LE(index, end);
  }
  const kindTotals = kinds.map((kind, index): KindTotal => {
    const requests = requestsOfKinds[index] as number;
    if (requests === 0 || kind.isLost) return UNCOUNTED;
    const { at: minuteAt } = addMinute(minutes, kind, requests);
    if (kind.units === 0) return UNCOUNTED;
    const { at: periodAt } = addUnits(periods, leases, kind, requests);
    return { minuteAt, periodAt, units: kind.units };
  });
  return {
    minutes: [...minutes.values()],
    kinds: kindTotals,
    recordKinds,
    periods: [...periods.values()],
    leases: [...leases.values()],
  };
}

const UNCOUNTED: KindTotal = { minuteAt: 0, periodAt: 0, units: 0 };

function addMinute(
  minutes: Map<string, MinuteTotal>,
  kind: UsageKind,
  requests: number,
): MinuteTotal {
  const { accountId, keyId, operation, status } = kind;
  const mode: MinuteTotal["mode"] = kind.mode === KeyMode.TEST ? "TEST" : "LIVE";
  const total = entry(
    minutes,
    `${accountId} ${kind.minute} ${keyId} ${operation} ${status} ${mode}`,
    () => {
      const minute = new Date(startMsOf(kind));
      const at = minutes.size + 1;
      return { at, accountId, minute, keyId, operation, status, mode, requests: 0n, units: 0n };
    },
  );
  total.requests += BigInt(requests);
  total.units += unitsOf(kind, requests);
  return total;
}

function addUnits(
  periods: Map<string, PeriodTotal>,
  leases: Map<string, LeaseTotal>,
  kind: UsageKind,
  requests: number,
): PeriodTotal {
  const { accountId, leaseNumber } = kind;
  const units = unitsOf(kind, requests);
  const periodStart = new Date(periodOf(startMsOf(kind)).startMs);
  const key = `${accountId} ${periodStart.getTime()}`;
  const none = { accountId, periodStart, units: 0n };
  const period = entry(periods, key, () => ({ ...none, at: periods.size + 1 }));
  period.units += units;
  if (leaseNumber !== 0n) {
    const lease = entry(leases, `${key} ${leaseNumber}`, () => ({ ...none, leaseNumber }));
    lease.units += units;
  }
  return period;
}

const startMsOf = ({ minute }: UsageKind) => Number(minute) * MINUTE_MS;
const unitsOf = ({ units }: UsageKind, requests: number) => BigInt(units) * BigInt(requests);

function entry<V>(map: Map<string, V>, key: string, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
