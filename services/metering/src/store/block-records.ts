import type { UsageRecord, UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { sql } from "kysely";
import { lastSequence } from "../usage-block.ts";
import { totalsOf, type UsageTotals } from "../usage-totals.ts";
import { leasesToReturn, returnLeases } from "./lease-returns.ts";
import { settledLeases } from "./lease-settlements.ts";
import { addUsed } from "./periods.ts";
import { setAside } from "./poison-blocks.ts";
import type { MeteringTransaction } from "./schema.ts";
import { addedMinutes } from "./usage-minutes.ts";

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
  const returning = leasesToReturn(block, watermark);
  await addUsed(trx, periods, returning);
  const { rows } = await sql<{ returns: boolean }>`
    WITH ${addedMinutes(minutes)}, ${settledLeases(block, leases)}
    UPDATE gateway_epochs SET watermark = ${watermark}
    WHERE gateway_id = ${block.gatewayId} AND epoch = ${block.epoch}
    RETURNING EXISTS (${returning}) AS returns`.execute(trx);
  if (rows[0]?.returns) await returnLeases(trx, block, watermark);
}
