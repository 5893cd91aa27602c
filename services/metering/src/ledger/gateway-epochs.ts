import { sql } from "kysely";
import type { MeteringTransaction } from "./schema.ts";

/** One start of a gateway. */
export interface GatewayEpoch {
  readonly gatewayId: string;
  readonly epoch: bigint;
}

/** How far the usage of an epoch is counted, and whether the epoch is closed and gets no more leases. */
export interface EpochState {
  readonly watermark: bigint;
  readonly isClosed: boolean;
}

/**
 * What an epoch is locked for. A transaction that changes leases or periods locks the epoch first, then the periods (by
 * `lockPeriods`), then the rest, and changes a lease only while its period is locked.
 *
 * - `to-lend`: shared with others that lend or count; the epoch cannot be closed meanwhile.
 * - `to-count`: exclusive among those that count, release leases or move the watermark.
 * - `to-close`: exclusive.
 */
export type EpochLock = "to-lend" | "to-count" | "to-close";

const LOCK_CLAUSES = {
  "to-lend": sql`FOR KEY SHARE`,
  "to-count": sql`FOR NO KEY UPDATE`,
  "to-close": sql`FOR UPDATE`,
};

/** Locks the row of an epoch until the transaction ends, and creates the row of a new epoch. */
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
