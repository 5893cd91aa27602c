import { type Epoch, Epoch_State } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { AppError } from "@geomesh/runtime/errors";
import { sql } from "kysely";
import { type GatewayEpoch, lockKnownEpoch } from "./gateway-epochs.ts";
import { releaseAll } from "./lease-returns.ts";
import type { MeteringDatabase, MeteringTransaction } from "./schema.ts";

/** A gateway repeats its opening every 2 s. One that was silent for so long is gone, not merely cut off for a moment. */
const SILENT_MS = 30_000;
const EPOCHS_MAX = 1_000;

interface EpochRow {
  readonly gatewayId: string;
  readonly epoch: bigint;
  readonly isLive: boolean;
  readonly isClosed: boolean;
  readonly committedSequence: bigint;
  readonly unitsLent: bigint;
  readonly heardTime: Date | null;
}

const isLiveAt = (time: Date) => sql<boolean>`(
  coalesce(heard_at > ${new Date(time.getTime() - SILENT_MS)}, false) OR EXISTS (
    SELECT FROM leases WHERE leases.gateway_id = gateway_epochs.gateway_id
      AND leases.epoch = gateway_epochs.epoch AND returned IS NULL AND expires_at > ${time}))`;

/** The epochs of a gateway, or of all where none is named, that are not used up: up to 1,000, most units lent first. */
export async function readEpochs(
  db: MeteringDatabase,
  gatewayId: string,
  time: Date,
): Promise<Epoch[]> {
  const { rows } = await sql<EpochRow>`
    SELECT gateway_id AS "gatewayId", epoch, closed_through IS NOT NULL AS "isClosed",
      watermark AS "committedSequence", heard_at AS "heardTime", coalesce(units, 0) AS "unitsLent",
      ${isLiveAt(time)} AS "isLive"
    FROM gateway_epochs LEFT JOIN (
      SELECT gateway_id, epoch, sum(granted - settled)::bigint AS units
      FROM leases WHERE returned IS NULL GROUP BY 1, 2
    ) AS lent USING (gateway_id, epoch)
    WHERE ${gatewayId} IN ('', gateway_id)
      AND (closed_through IS NULL OR watermark < closed_through OR units IS NOT NULL)
    ORDER BY "unitsLent" DESC, gateway_id, epoch LIMIT ${EPOCHS_MAX}`.execute(db);
  return rows.map(({ isLive, heardTime, ...row }) => ({
    ...row,
    state: isLive ? Epoch_State.LIVE : Epoch_State.SILENT,
    heardTime: heardTime ?? undefined,
  }));
}

/**
 * Closes an epoch after the last record that came of it, and returns what its leases hold: at once where all that came is
 * counted, else once the gap before what waits is closed, which the intake does within seconds. Usage that comes after it is
 * counted as used all the same, but for records of a gap that was closed. Answers the units that were returned; a second call returns 0.
 * Errors: EPOCH_NOT_FOUND; EPOCH_LIVE.
 */
export function forgetEpoch(
  db: MeteringDatabase,
  epoch: GatewayEpoch,
  time: Date,
): Promise<bigint> {
  return db.transaction().execute(async (trx) => {
    const known = await lockKnownEpoch(trx, epoch, "to-close");
    if (known === undefined) throw new AppError("EPOCH_NOT_FOUND");
    if (await isLive(trx, epoch, time)) throw new AppError("EPOCH_LIVE");
    const { watermark } = known;
    const lastSequence = await lastArrived(trx, epoch, watermark);
    await trx
      .updateTable("gateway_epochs")
      .set({ is_forgotten: true })
      .where("gateway_id", "=", epoch.gatewayId)
      .where("epoch", "=", epoch.epoch)
      .execute();
    return releaseAll(trx, epoch, { lastSequence, watermark, time });
  });
}

/** The last record that is counted, or waits behind a gap. */
async function lastArrived(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  watermark: bigint,
): Promise<bigint> {
  const { rows } = await sql<{ last: bigint }>`
    SELECT greatest(max(last_sequence), ${watermark}::bigint) AS last FROM early_blocks
    WHERE gateway_id = ${gatewayId} AND epoch = ${epoch}`.execute(trx);
  return rows[0]?.last ?? watermark;
}

async function isLive(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  time: Date,
): Promise<boolean> {
  const { rows } = await sql<{ isLive: boolean }>`SELECT ${isLiveAt(time)} AS "isLive"
    FROM gateway_epochs WHERE gateway_id = ${gatewayId} AND epoch = ${epoch}`.execute(trx);
  return rows[0]?.isLive ?? false;
}
