import { countUsage, type UsageCount } from "../ledger/count-usage.ts";
import { type GatewayEpoch, lockEpoch } from "../ledger/gateway-epochs.ts";
import type { MeteringDatabase, MeteringTransaction } from "../ledger/schema.ts";
import { type ArrivedBlock, countRecords } from "./count-records.ts";
import { hasEarly, keepEarly, takeEarly } from "./early-blocks.ts";
import { judge, lastSequence, place } from "./usage-block.ts";

/**
 * What became of a block. An `early` one comes after a gap: it is kept, and nothing of it is counted yet. One is `set_aside`
 * whose records could not all be billed; those that could are counted.
 */
export type BlockOutcome = "counted" | "duplicate" | "early" | "set_aside";

/**
 * Counts what is new in a block, or keeps the block until the gap before it is filled; then counts the kept blocks that
 * no gap precedes any more. Each block is one transaction, and its outcome is yielded after the commit. A block that
 * follows the watermark, as nearly all do, takes one statement.
 */
export async function* countBlock(
  db: MeteringDatabase,
  arrived: ArrivedBlock,
): AsyncGenerator<BlockOutcome> {
  const atOnce = await countAtOnce(db, arrived);
  const outcome = atOnce.isCounted ? "counted" : await countPlaced(db, arrived);
  yield outcome;
  // A block that is kept makes no other countable.
  if (outcome === "early") return;
  const mayContinue = atOnce.isCounted ? atOnce.hasEarly : await hasEarly(db, arrived.block);
  if (mayContinue) yield* countEarly(db, arrived.block, arrived.wallMs);
}

/** Counts the kept blocks of an epoch that no gap precedes, in the same way. */
export async function* countEarly(
  db: MeteringDatabase,
  epoch: GatewayEpoch,
  wallMs: number,
): AsyncGenerator<BlockOutcome> {
  for (;;) {
    const outcome = await countNextEarly(db, epoch, wallMs);
    if (outcome === undefined) return;
    yield outcome;
  }
}

async function countAtOnce(
  db: MeteringDatabase,
  { block, wallMs }: ArrivedBlock,
): Promise<UsageCount> {
  if (judge(block, wallMs).problem !== undefined) return { isCounted: false, hasEarly: false };
  const { gatewayId, epoch, firstSequence } = block;
  const move = { gatewayId, epoch, after: firstSequence - 1n, through: lastSequence(block) };
  return countUsage(db, move, block);
}

function countPlaced(db: MeteringDatabase, arrived: ArrivedBlock): Promise<BlockOutcome> {
  return db.transaction().execute(async (trx) => {
    const { watermark } = await lockEpoch(trx, arrived.block, "to-count");
    return countAfter(trx, watermark, arrived);
  });
}

/** Counts the next kept block of an epoch in one transaction; undefined when none can be counted. */
async function countNextEarly(
  db: MeteringDatabase,
  epoch: GatewayEpoch,
  wallMs: number,
): Promise<BlockOutcome | undefined> {
  return db.transaction().execute(async (trx) => {
    const { watermark } = await lockEpoch(trx, epoch, "to-count");
    const early = await takeEarly(trx, epoch, watermark);
    return early && countAfter(trx, watermark, { ...early, wallMs });
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
