import type { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { countUsage } from "../ledger/count-usage.ts";
import type { MeteringTransaction } from "../ledger/schema.ts";
import type { UsageColumns } from "../ledger/usage-columns.ts";
import { setAside } from "./poison-blocks.ts";
import { lastSequence } from "./usage-block.ts";

const NO_RECORDS: UsageColumns = { kinds: [], kindIndexes: [] };

/** A block as it arrived, and why its records cannot be billed; undefined when they can. */
export interface ArrivedBlock {
  readonly block: UsageRecorded;
  readonly payload: Uint8Array;
  readonly problem: string | undefined;
}

/**
 * Counts the new records of a block, after the watermark that the caller has locked. A block that cannot be billed is
 * set aside, and the watermark moves past it as well, so that its gateway is not stuck.
 */
export async function countRecords(
  trx: MeteringTransaction,
  { block, payload, problem }: ArrivedBlock,
  watermark: bigint,
  fresh: UsageColumns,
): Promise<"counted" | "set_aside"> {
  if (problem !== undefined) await setAside(trx, { payload, problem, block });
  const billed = problem === undefined ? fresh : NO_RECORDS;
  const { gatewayId, epoch } = block;
  const move = { gatewayId, epoch, after: watermark, through: lastSequence(block) };
  const { isCounted } = await countUsage(trx, move, billed);
  if (!isCounted) throw new Error("a watermark moved while it was locked");
  return problem === undefined ? "counted" : "set_aside";
}
