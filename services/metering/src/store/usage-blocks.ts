import type { UsageRecord, UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { lastSequence, place } from "../usage-block.ts";
import { totalsOf, type UsageTotals } from "../usage-totals.ts";
import { lockEpoch, moveWatermark } from "./gateway-epochs.ts";
import { periodsToReturn, returnLeases } from "./lease-returns.ts";
import { settleLeases } from "./lease-settlements.ts";
import { type AccountPeriod, addUsed, lockPeriods } from "./periods.ts";
import { setAside } from "./poison-blocks.ts";
import type { MeteringDatabase, MeteringTransaction } from "./schema.ts";
import { addMinutes } from "./usage-minutes.ts";

/** A block as it came, and why its records cannot be billed where that is so. */
export type ArrivedBlock = {
  readonly block: UsageRecorded;
  readonly payload: Uint8Array;
  readonly problem: string | undefined;
};

/** What became of a block. */
export type BlockOutcome = "counted" | "duplicate" | "gap" | "set_aside";

/**
 * Counts what is new in a block, in one transaction: buckets, periods, leases and watermark move together or not at all.
 * A block after a gap changes nothing. A block that cannot be billed is set aside, and the watermark moves past it.
 */
export function countBlock(
  db: MeteringDatabase,
  { block, payload, problem }: ArrivedBlock,
): Promise<BlockOutcome> {
  return db.transaction().execute(async (trx) => {
    const { watermark } = await lockEpoch(trx, block, "to-count");
    const placement = place(block, watermark);
    if (typeof placement === "string") return placement;
    if (problem === undefined) {
      await countRecords(trx, block, placement.fresh);
      return "counted";
    }
    await setAside(trx, { payload, problem, block });
    await countRecords(trx, block, []);
    return "set_aside";
  });
}

async function countRecords(
  trx: MeteringTransaction,
  block: UsageRecorded,
  fresh: readonly UsageRecord[],
): Promise<void> {
  const watermark = lastSequence(block);
  const totals = totalsOf(fresh);
  await lockPeriods(trx, await touchedPeriods(trx, block, totals));
  await addMinutes(trx, totals.minutes);
  await addUsed(trx, totals.periods);
  await settleLeases(trx, block, totals.leases);
  await returnLeases(trx, block, watermark);
  await moveWatermark(trx, block, watermark);
}

async function touchedPeriods(
  trx: MeteringTransaction,
  block: UsageRecorded,
  totals: UsageTotals,
): Promise<AccountPeriod[]> {
  return [...totals.periods, ...(await periodsToReturn(trx, block, lastSequence(block)))];
}
