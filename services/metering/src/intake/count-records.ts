import type { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { countUsage } from "../ledger/count-usage.ts";
import type { MeteringTransaction } from "../ledger/schema.ts";
import type { UsageColumns } from "../ledger/usage-columns.ts";
import { setAside } from "./poison-blocks.ts";
import { judge, lastSequence } from "./usage-block.ts";

/** A block with its encoded form. */
export interface EncodedBlock {
  readonly block: UsageRecorded;
  readonly payload: Uint8Array;
}

/** A block as it arrived, and when it is looked at. */
export interface ArrivedBlock extends EncodedBlock {
  /** The wall clock, by which records of the future are told. */
  readonly wallMs: number;
}

/**
 * Counts the new records of a block, after the watermark that the caller has locked. Records that cannot be billed are not
 * counted, and their block is kept aside; the others are billed, and the watermark moves past all of them, so that the
 * gateway is not stuck.
 */
export async function countRecords(
  trx: MeteringTransaction,
  { block, payload, wallMs }: ArrivedBlock,
  watermark: bigint,
  fresh: UsageColumns,
): Promise<"counted" | "set_aside"> {
  const { columns, problem } = judge(block, wallMs, fresh);
  if (problem !== undefined) await setAside(trx, { payload, problem, block });
  const { gatewayId, epoch } = block;
  const move = { gatewayId, epoch, after: watermark, through: lastSequence(block) };
  const { isCounted } = await countUsage(trx, move, columns);
  if (!isCounted) throw new Error("a watermark moved while it was locked");
  return problem === undefined ? "counted" : "set_aside";
}
