import type { UsageRecord, UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { countUsage } from "../ledger/count-usage.ts";
import type { MeteringTransaction } from "../ledger/schema.ts";
import { setAside } from "./poison-blocks.ts";

/** A block as it came, and why its records cannot be billed where that is so. */
export interface ArrivedBlock {
  readonly block: UsageRecorded;
  readonly payload: Uint8Array;
  readonly problem: string | undefined;
}

/**
 * Counts those records of a block that are new, after the watermark that the caller has locked. A block that cannot be
 * billed is set aside, and the watermark moves past it all the same, so that its gateway is not stuck.
 */
export async function countRecords(
  trx: MeteringTransaction,
  { block, payload, problem }: ArrivedBlock,
  watermark: bigint,
  fresh: readonly UsageRecord[],
): Promise<"counted" | "set_aside"> {
  if (problem !== undefined) await setAside(trx, { payload, problem, block });
  const billed = problem === undefined ? fresh : [];
  const { isCounted } = await countUsage(trx, block, watermark, billed);
  if (!isCounted) throw new Error("a watermark moved while it was locked");
  return problem === undefined ? "counted" : "set_aside";
}
