import { place } from "../usage-block.ts";
import { type ArrivedBlock, countRecords } from "./block-records.ts";
import { countUsage } from "./count-usage.ts";
import { hasEarly, keepEarly, takeEarly } from "./early-blocks.ts";
import { type GatewayEpoch, lockEpoch } from "./gateway-epochs.ts";
import type { MeteringDatabase, MeteringTransaction } from "./schema.ts";

/** What became of a block. An `early` one stands after a gap: it is kept and counts nothing yet. */
export type BlockOutcome = "counted" | "duplicate" | "early" | "set_aside";

/**
 * Counts what is new in a block, in one transaction, or keeps it until the gap before it is filled. A block that follows
 * the watermark, as nearly all do, takes one statement.
 */
export async function countBlock(
  db: MeteringDatabase,
  arrived: ArrivedBlock,
): Promise<BlockOutcome> {
  if (await isCountedAtOnce(db, arrived)) return "counted";
  return db.transaction().execute(async (trx) => {
    const { watermark } = await lockEpoch(trx, arrived.block, "to-count");
    return countAfter(trx, watermark, arrived);
  });
}

async function isCountedAtOnce(
  db: MeteringDatabase,
  { block, problem }: ArrivedBlock,
): Promise<boolean> {
  if (problem !== undefined) return false;
  return countUsage(db, block, block.firstSequence - 1n, block.records);
}

/** Counts the next kept block of an epoch, in one transaction; undefined when none is kept that could be counted. */
export async function countNextEarly(
  db: MeteringDatabase,
  epoch: GatewayEpoch,
): Promise<BlockOutcome | undefined> {
  if (!(await hasEarly(db, epoch))) return undefined;
  return db.transaction().execute(async (trx) => {
    const { watermark } = await lockEpoch(trx, epoch, "to-count");
    const arrived = await takeEarly(trx, epoch, watermark);
    return arrived && countAfter(trx, watermark, arrived);
  });
}

async function countAfter(
  trx: MeteringTransaction,
  watermark: bigint,
  arrived: ArrivedBlock,
): Promise<BlockOutcome> {
  const placement = place(arrived.block, watermark);
  if (placement === "duplicate") return placement;
  if (placement !== "gap") return countRecords(trx, arrived, watermark, placement.fresh);
  await keepEarly(trx, arrived);
  return "early";
}
