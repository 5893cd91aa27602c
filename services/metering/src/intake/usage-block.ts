import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import type { UsageRecord, UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { BLOCK_RECORDS_MAX } from "@geomesh/terms/limits";
import { isIdentifier, NUMBER_MAX } from "../ledger/identity.ts";

const UNITS_MAX = 1_000_000;
const EARLIEST_MS = BigInt(Date.UTC(2020, 0));
const AHEAD_MS_MAX = 24n * 60n * 60n * 1_000n;

/** Why a block has no place in the sequence of any gateway; undefined when it has one. */
export function placementProblem(block: UsageRecorded): string | undefined {
  if (!isIdentifier(block.gatewayId)) return "the gateway id is malformed";
  if (block.epoch < 1n || block.epoch > NUMBER_MAX) return "the epoch is out of bounds";
  if (block.firstSequence < 1n) return "the first sequence is below 1";
  if (block.records.length === 0) return "there are no records";
  if (lastSequence(block) > NUMBER_MAX) return "the sequence is out of bounds";
  return undefined;
}

/** Why the records of a block cannot be billed; undefined when they can. */
export function contentProblem(block: UsageRecorded, wallMs: number): string | undefined {
  if (block.records.length > BLOCK_RECORDS_MAX) return `more than ${BLOCK_RECORDS_MAX} records`;
  const latestMs = BigInt(wallMs) + AHEAD_MS_MAX;
  for (const [index, record] of block.records.entries()) {
    const problem = recordProblem(record, latestMs);
    if (problem !== undefined) return `record ${index}: ${problem}`;
  }
  return undefined;
}

function recordProblem(record: UsageRecord, latestMs: bigint): string | undefined {
  if (record.timeMs < EARLIEST_MS) return "the time is before 2020";
  if (record.timeMs > latestMs) return "the time is more than a day ahead";
  if (!isIdentifier(record.accountId)) return "the account id is malformed";
  if (!isIdentifier(record.keyId)) return "the key id is malformed";
  if (!isIdentifier(record.operation)) return "the operation name is malformed";
  if (record.status < 100 || record.status > 599) return "the status is not an HTTP status";
  if (record.units > UNITS_MAX) return `more than ${UNITS_MAX} units`;
  if (record.leaseNumber > NUMBER_MAX) return "the lease number is out of bounds";
  if (record.mode < 0 || record.mode > KeyMode.TEST) return "the mode is unknown";
  return undefined;
}

/** The sequence of a block's last record. */
export function lastSequence(block: UsageRecorded): bigint {
  return block.firstSequence + BigInt(block.records.length) - 1n;
}

/**
 * Where a block lies relative to the watermark: after a `gap`; at or below it, so that all of it is counted already
 * (`duplicate`); or directly after it, with the records in `fresh` not counted yet.
 */
export type Placement = "gap" | "duplicate" | { readonly fresh: readonly UsageRecord[] };

/** Places a block relative to a watermark, the sequence up to which every record is counted. */
export function place(block: UsageRecorded, watermark: bigint): Placement {
  if (block.firstSequence > watermark + 1n) return "gap";
  if (lastSequence(block) <= watermark) return "duplicate";
  return { fresh: block.records.slice(Number(watermark + 1n - block.firstSequence)) };
}
