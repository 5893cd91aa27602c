import type { UsageRecord, UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { lastSequence } from "../usage-block.ts";
import { totalsOf, type UsageTotals } from "../usage-totals.ts";
import { moveWatermark } from "./gateway-epochs.ts";
import { periodsToReturn, returnLeases } from "./lease-returns.ts";
import { settleLeases } from "./lease-settlements.ts";
import { addUsed, lockPeriods } from "./periods.ts";
import { setAside } from "./poison-blocks.ts";
import type { MeteringTransaction } from "./schema.ts";
import { addMinutes } from "./usage-minutes.ts";

/** A block as it came, and why its records cannot be billed where that is so. */
export type ArrivedBlock = {
  readonly block: UsageRecorded;
  readonly payload: Uint8Array;
  readonly problem: string | undefined;
};

/**
 * Counts those records of a block that are new: buckets, periods, leases and watermark move together. A block that
 * cannot be billed is set aside, and the watermark moves past it all the same, so that its gateway is not stuck.
 */
export async function countRecords(
  trx: MeteringTransaction,
  { block, payload, problem }: ArrivedBlock,
  fresh: readonly UsageRecord[],
): Promise<"counted" | "set_aside"> {
  if (problem === undefined) {
    await moveTo(trx, block, totalsOf(fresh));
    return "counted";
  }
  await setAside(trx, { payload, problem, block });
  await moveTo(trx, block, totalsOf([]));
  return "set_aside";
}

async function moveTo(
  trx: MeteringTransaction,
  block: UsageRecorded,
  { minutes, periods, leases }: UsageTotals,
): Promise<void> {
  const watermark = lastSequence(block);
  const returning = await periodsToReturn(trx, block, watermark);
  await lockPeriods(trx, [...periods, ...returning]);
  if (minutes.length > 0) await addMinutes(trx, minutes);
  if (periods.length > 0) await addUsed(trx, periods);
  if (leases.length > 0) await settleLeases(trx, block, leases);
  if (returning.length > 0) await returnLeases(trx, block, watermark);
  await moveWatermark(trx, block, watermark);
}
