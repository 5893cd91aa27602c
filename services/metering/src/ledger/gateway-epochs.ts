import { AppError } from "@geomesh/runtime/errors";
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
  /** The secret of the process that opened it; null while nobody did. */
  readonly nonce: Buffer | null;
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

/**
 * Locks the row of an epoch that the holder of the nonce has opened, until the transaction ends.
 * Errors: EPOCH_NOT_OPEN; EPOCH_TAKEN when another process opened it; EPOCH_CLOSED.
 */
export async function lockOpenEpoch(
  trx: MeteringTransaction,
  epoch: GatewayEpoch,
  nonce: Uint8Array,
): Promise<void> {
  const known = await lockKnownEpoch(trx, epoch, "to-lend");
  if (known === undefined) throw new AppError("EPOCH_NOT_OPEN");
  if (known.nonce !== null && Buffer.compare(known.nonce, nonce) !== 0) {
    throw new AppError("EPOCH_TAKEN");
  }
  if (known.isClosed) throw new AppError("EPOCH_CLOSED");
  if (known.nonce === null) throw new AppError("EPOCH_NOT_OPEN");
}

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

/** The same for an epoch that must be known; undefined where it is not. */
export async function lockKnownEpoch(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  lock: EpochLock,
): Promise<EpochState | undefined> {
  const row = await trx
    .selectFrom("gateway_epochs")
    .select(["watermark", "closed_through", "nonce"])
    .where("gateway_id", "=", gatewayId)
    .where("epoch", "=", epoch)
    .modifyEnd(LOCK_CLAUSES[lock])
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { watermark, closed_through, nonce } = row;
  return { watermark, isClosed: closed_through !== null, nonce };
}
