import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { UsageKind, type UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { BLOCK_RECORDS_MAX } from "@geomesh/terms/limits";
import { isIdentifier, NUMBER_MAX } from "../ledger/identity.ts";
import type { UsageColumns } from "../ledger/usage-columns.ts";

const MINUTE_MS = 60_000;
const EARLIEST_MINUTE = BigInt(Date.UTC(2020, 0) / MINUTE_MS);
const AHEAD_MINUTES_MAX = 24n * 60n;
const UNITS_MAX = 1_000_000;
const NO_RECORDS: UsageColumns = { kinds: [], kindIndexes: [] };
/** What stands in for a kind that cannot be billed: it is counted nowhere. */
const UNBILLED = UsageKind.fromPartial({ isLost: true });

/** Records as they are counted. */
export interface Judged {
  /** All of them: those that cannot be billed are of a kind that counts nowhere. */
  readonly columns: UsageColumns;
  /** What is wrong with the records that cannot be billed, for the first such kind; undefined where all can. */
  readonly problem: string | undefined;
}

/** Why a block has no place in the sequence of any gateway; undefined when it has one. */
export function placementProblem(block: UsageRecorded): string | undefined {
  if (!isIdentifier(block.gatewayId)) return "the gateway id is malformed";
  if (block.epoch < 1n || block.epoch > NUMBER_MAX) return "the epoch is out of bounds";
  if (block.firstSequence < 1n) return "the first sequence is below 1";
  if (block.kindIndexes.length === 0) return "there are no records";
  if (lastSequence(block) > NUMBER_MAX) return "the sequence is out of bounds";
  return undefined;
}

/**
 * Tells the records of a block that can be billed from those that cannot, among its `fresh` ones: a bad one takes no other
 * with it. Only a block with too many records, fresh or not, is bad as a whole.
 */
export function judge(
  block: UsageColumns,
  wallMs: number,
  { kinds, kindIndexes }: UsageColumns = block,
): Judged {
  if (block.kindIndexes.length > BLOCK_RECORDS_MAX) {
    return { columns: NO_RECORDS, problem: `more than ${BLOCK_RECORDS_MAX} records` };
  }
  const latestMinute = BigInt(Math.floor(wallMs / MINUTE_MS)) + AHEAD_MINUTES_MAX;
  const problems = kinds.map((kind) =>
    kind.isLost ? lostProblem(kind) : kindProblem(kind, latestMinute),
  );
  const firstBad = kindIndexes.find((i) => i >= kinds.length || problems[i] !== undefined);
  if (firstBad === undefined) return { columns: { kinds, kindIndexes }, problem: undefined };
  const sound = kinds.map((kind, index) => (problems[index] === undefined ? kind : UNBILLED));
  const columns = {
    kinds: [...sound, UNBILLED],
    kindIndexes: kindIndexes.map((index) => Math.min(index, sound.length)),
  };
  return { columns, problem: `kind ${firstBad}: ${problems[firstBad] ?? "there is no such kind"}` };
}

function lostProblem({ accountId, units, leaseNumber }: UsageKind): string | undefined {
  const isEmpty = accountId === "" && units === 0 && leaseNumber === 0n;
  return isEmpty ? undefined : "lost records have no account, units and lease";
}

function kindProblem(kind: UsageKind, latestMinute: bigint): string | undefined {
  if (kind.minute < EARLIEST_MINUTE) return "the time is before 2020";
  if (kind.minute > latestMinute) return "the time is more than a day ahead";
  if (!isIdentifier(kind.accountId)) return "the account id is malformed";
  if (!isIdentifier(kind.keyId)) return "the key id is malformed";
  if (!isIdentifier(kind.operation)) return "the operation name is malformed";
  if (kind.status < 100 || kind.status > 599) return "the status is not an HTTP status";
  if (kind.units > UNITS_MAX) return `more than ${UNITS_MAX} units`;
  if (kind.leaseNumber > NUMBER_MAX) return "the lease number is out of bounds";
  if (kind.mode < 0 || kind.mode > KeyMode.TEST) return "the mode is unknown";
  return undefined;
}

/** The sequence of a block's last record. */
export function lastSequence(block: UsageRecorded): bigint {
  return block.firstSequence + BigInt(block.kindIndexes.length) - 1n;
}

/**
 * Where a block lies relative to the watermark: after a `gap`; at or below it, so that all of it is counted already
 * (`duplicate`); or directly after it, with the records in `fresh` not counted yet.
 */
export type Placement = "gap" | "duplicate" | { readonly fresh: UsageColumns };

/** Places a block relative to a watermark, the sequence up to which every record is counted. */
export function place(block: UsageRecorded, watermark: bigint): Placement {
  if (block.firstSequence > watermark + 1n) return "gap";
  if (lastSequence(block) <= watermark) return "duplicate";
  const counted = Number(watermark + 1n - block.firstSequence);
  return { fresh: { kinds: block.kinds, kindIndexes: block.kindIndexes.slice(counted) } };
}
