import { sql } from "kysely";
import type { MeteringTransaction } from "./schema.ts";

/** Names one life of a gateway. */
export interface GatewayEpoch {
  readonly gatewayId: string;
  readonly epoch: bigint;
}

/** How far an epoch is counted, and whether it still gets leases. */
export interface EpochState {
  readonly watermark: bigint;
  readonly isClosed: boolean;
}

/**
 * Who changes leases or periods locks in this order: the epoch, then the periods (by `lockPeriods`), then the rest. A
 * lease is only touched while its period is locked.
 *
 * - `to-lend`: others may lend and count at the same time, but the epoch cannot be closed.
 * - `to-count`: one at a time counts, releases and moves the watermark.
 * - `to-close`: alone.
 */
export type EpochLock = "to-lend" | "to-count" | "to-close";

const LOCK_CLAUSES = {
  "to-lend": sql`FOR KEY SHARE`,
  "to-count": sql`FOR NO KEY UPDATE`,
  "to-close": sql`FOR UPDATE`,
};

/** Locks an epoch's row until the transaction ends, and makes it if this is the first word of that epoch. */
export async function lockEpoch(
  trx: MeteringTransaction,
  epoch: GatewayEpoch,
  lock: EpochLock,
): Promise<EpochState> {
  const known = await lockKnownEpoch(trx, epoch, lock);
  if (known !== undefined) return known;
  await trx
    .insertInto("gateway_epochs")
    .values({ gateway_id: epoch.gatewayId, epoch: epoch.epoch })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return lockEpoch(trx, epoch, lock);
}

async function lockKnownEpoch(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  lock: EpochLock,
): Promise<EpochState | undefined> {
  const row = await trx
    .selectFrom("gateway_epochs")
    .select(["watermark", "closed_through"])
    .where("gateway_id", "=", gatewayId)
    .where("epoch", "=", epoch)
    .modifyEnd(LOCK_CLAUSES[lock])
    .executeTakeFirst();
  return row && { watermark: row.watermark, isClosed: row.closed_through !== null };
}
