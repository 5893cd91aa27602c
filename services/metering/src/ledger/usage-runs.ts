import type { UsageRecord } from "@geomesh/proto/grpc/geomesh/metering/v1/events";

/** Consecutive records that differ from the `first` only in their units and their time within its minute. */
export interface UsageRun {
  readonly first: UsageRecord;
  readonly minuteStartMs: number;
  requests: number;
  units: number;
}

const MINUTE_MS = 60_000;

/** Joins records into runs, in their order. A busy key fills a block with one run, which then costs one lookup. */
export function runsOf(records: readonly UsageRecord[]): UsageRun[] {
  const runs: UsageRun[] = [];
  let run: UsageRun | undefined;
  for (const record of records) {
    const timeMs = Number(record.timeMs);
    if (run === undefined || !continues(run, record, timeMs)) {
      const minuteStartMs = Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
      run = { first: record, minuteStartMs, requests: 0, units: 0 };
      runs.push(run);
    }
    run.requests += 1;
    run.units += record.units;
  }
  return runs;
}

function continues(
  { first, minuteStartMs }: UsageRun,
  record: UsageRecord,
  timeMs: number,
): boolean {
  return (
    timeMs >= minuteStartMs &&
    timeMs < minuteStartMs + MINUTE_MS &&
    record.status === first.status &&
    record.mode === first.mode &&
    record.leaseNumber === first.leaseNumber &&
    record.keyId === first.keyId &&
    record.accountId === first.accountId &&
    record.operation === first.operation
  );
}
