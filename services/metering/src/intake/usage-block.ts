import type { UsageRecord, UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { BLOCK_RECORDS_MAX } from "@geomesh/terms/limits";
import { isIdentifier, NUMBER_MAX } from "../ledger/identity.ts";

const UNITS_MAX = 1_000_000;
const EARLIEST_MS = BigInt(Date.UTC(2020, 0));
const AHEAD_MS_MAX = 24n * 60n * 60n * 1_000n;

/** Why a block cannot be placed in the sequence of any gateway; undefined when it can. */
export function placementProblem(block: UsageRecorded): string | undefined {
  if (!isIdentifier(block.gatewayId)) return "no gateway has such an id";
  if (block.epoch < 1n || block.epoch > NUMBER_MAX) return "the epoch is out of bounds";
  if (block.firstSequence < 1n) return "sequences start at 1";
  if (block.records.length === 0) return "there are no records";
  if (lastSequence(block) > NUMBER_MAX) return "the sequence is out of bounds";
  return undefined;
}

/** Why the records of a block cannot be billed; undefined when they can. */
export function contentProblem(block: UsageRecorded, nowMs: number): string | undefined {
  if (block.records.length > BLOCK_RECORDS_MAX) return `more than ${BLOCK_RECORDS_MAX} records`;
  const latestMs = BigInt(nowMs) + AHEAD_MS_MAX;
  for (const [index, record] of block.records.entries()) {
    const problem = recordProblem(record, latestMs);
    if (problem !== undefined) return `record ${index}: ${problem}`;
  }
  return undefined;
}

function recordProblem(record: UsageRecord, latestMs: bigint): string | undefined {
  if (record.timeMs < EARLIEST_MS) return "its time is before 2020";
  if (record.timeMs > latestMs) return "its time is more than a day ahead";
  if (!isIdentifier(record.accountId)) return "no account has such an id";
  if (!isIdentifier(record.keyId)) return "no key has such an id";
  if (!isIdentifier(record.operation)) return "no operation has such a name";
  if (record.status < 100 || record.status > 599) return "its status is not one of HTTP";
  if (record.units > UNITS_MAX) return `more than ${UNITS_MAX} units`;
  if (record.leaseNumber > NUMBER_MAX) return "the lease number is out of bounds";
  return undefined;
}

/** Sequence of a block's last record. */
export function lastSequence(block: UsageRecorded): bigint {
  return block.firstSequence + BigInt(block.records.length) - 1n;
}

/**
 * Where a block stands to what is committed already: a `gap` lies before it, all of it was counted (`duplicate`), or
 * the records in `fresh` follow the watermark without a gap.
 */
export type Placement = "gap" | "duplicate" | { readonly fresh: readonly UsageRecord[] };

/** Places a block after a watermark: the sequence up to which every record was counted. */
export function place(block: UsageRecorded, watermark: bigint): Placement {
  if (block.firstSequence > watermark + 1n) return "gap";
  if (lastSequence(block) <= watermark) return "duplicate";
  return { fresh: block.records.slice(Number(watermark + 1n - block.firstSequence)) };
}
