import type { EpochHolder } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { AppError } from "@geomesh/runtime/errors";
import { sql } from "kysely";
import type { GatewayEpoch } from "./gateway-epochs.ts";
import type { MeteringDatabase, MeteringTransaction } from "./schema.ts";

/** Who opens an epoch, and when. */
export interface EpochOpening {
  readonly nonce: Uint8Array;
  /** Where the process has locked its directory. */
  readonly place: Uint8Array;
  /** When another process of the gateway was last heard of, where the caller has seen that it is silent. */
  readonly silentSince: Date | undefined;
  readonly time: Date;
}

/** An open epoch of another place, and when its process was last heard of. */
type HeldEpoch = EpochHolder & { readonly heardTime: Date };

/**
 * Opens an epoch for the process that holds the nonce; a second call with the same nonce only notes that it was heard of.
 * Usage that arrived before does not stand in its way. Where the epoch of the gateway that was last heard of is open at
 * another place, it answers that one and opens nothing, unless that one was not heard of after `silentSince`: those before
 * it were closed, ended or silent when it was opened.
 * Errors: EPOCH_TAKEN when it was opened with another nonce; EPOCH_CLOSED.
 */
export async function openEpoch(
  db: MeteringDatabase,
  epoch: GatewayEpoch,
  opening: EpochOpening,
): Promise<EpochHolder | undefined> {
  if (await noteHeard(db, epoch, opening)) return undefined;
  return db.transaction().execute(async (trx) => {
    // Epochs of one gateway open one after another: of two that would open at once, the later one sees the earlier.
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${epoch.gatewayId}, 0))`.execute(trx);
    const isOpened = await wasOpened(trx, epoch, opening.nonce);
    const holder = await findHolder(trx, epoch, opening.place);
    if (holder !== undefined && !isSilent(holder, opening)) return holder;
    if (!isOpened) await insertOpen(trx, epoch, opening);
    return undefined;
  });
}

const isSilent = ({ heardTime }: HeldEpoch, { silentSince }: EpochOpening) =>
  silentSince !== undefined && heardTime <= silentSince;

/** Notes that the process of an open epoch lives, later each time whatever the clocks say. False where it is not open. */
async function noteHeard(
  db: MeteringDatabase,
  { gatewayId, epoch }: GatewayEpoch,
  { nonce, time }: EpochOpening,
): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    UPDATE gateway_epochs SET heard_at = greatest(heard_at + interval '1 millisecond', ${time})
    WHERE gateway_id = ${gatewayId} AND epoch = ${epoch} AND nonce = ${Buffer.from(nonce)}
      AND closed_through IS NULL`.execute(db);
  return numAffectedRows > 0n;
}

/** True where this process opened the epoch, which was closed since. Errors: EPOCH_TAKEN; EPOCH_CLOSED. */
async function wasOpened(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  nonce: Uint8Array,
): Promise<boolean> {
  const known = await trx
    .selectFrom("gateway_epochs")
    .select(["nonce", "closed_through"])
    .where("gateway_id", "=", gatewayId)
    .where("epoch", "=", epoch)
    .executeTakeFirst();
  if (known === undefined) return false;
  if (known.nonce !== null && !known.nonce.equals(nonce)) throw new AppError("EPOCH_TAKEN");
  if (known.nonce === null && known.closed_through !== null) throw new AppError("EPOCH_CLOSED");
  return known.nonce !== null;
}

/** The other epoch that was last heard of, if its process may live beside one at this place. */
async function findHolder(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  place: Uint8Array,
): Promise<HeldEpoch | undefined> {
  const { rows } = await sql<HeldEpoch & { isOver: boolean }>`
    SELECT epoch, heard_at AS "heardTime",
      closed_through IS NOT NULL OR place = ${Buffer.from(place)} AS "isOver"
    FROM gateway_epochs WHERE gateway_id = ${gatewayId} AND epoch <> ${epoch} AND nonce IS NOT NULL
    ORDER BY heard_at DESC LIMIT 1`.execute(trx);
  const [last] = rows;
  if (last === undefined || last.isOver) return undefined;
  return { epoch: last.epoch, heardTime: last.heardTime };
}

/** Opens it as the one that was last heard of. Usage that arrived before, or arrives now, may have made the row. */
async function insertOpen(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  { nonce, place, time }: EpochOpening,
): Promise<void> {
  await sql`
    INSERT INTO gateway_epochs (gateway_id, epoch, nonce, place, heard_at, newest_minute)
    VALUES (${gatewayId}, ${epoch}, ${Buffer.from(nonce)}, ${Buffer.from(place)},
      greatest(${time}, (SELECT max(heard_at) + interval '1 millisecond' FROM gateway_epochs
        WHERE gateway_id = ${gatewayId})),
      date_trunc('minute', ${time}::timestamptz))
    ON CONFLICT (gateway_id, epoch) DO UPDATE SET
      nonce = excluded.nonce, place = excluded.place, heard_at = excluded.heard_at`.execute(trx);
}
