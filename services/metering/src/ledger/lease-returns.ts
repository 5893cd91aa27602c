import { AppError } from "@geomesh/runtime/errors";
import { sql } from "kysely";
import { type GatewayEpoch, lockEpoch } from "./gateway-epochs.ts";
import { type AccountPeriod, lockPeriods } from "./periods.ts";
import type { MeteringDatabase, MeteringTransaction } from "./schema.ts";

/** The end of a lease: no record after `lastSequence` spends from it. Lease number 0 means all leases of the epoch. */
export interface LeaseRelease extends GatewayEpoch {
  readonly leaseNumber: bigint;
  readonly lastSequence: bigint;
  /** The nonce that the epoch was opened with, where the caller is the process that opened it. */
  readonly nonce: Uint8Array;
}

interface BelievedRelease extends Omit<LeaseRelease, "nonce"> {
  /** True where the caller is the process that spends from the leases. */
  readonly isOwn: boolean;
  readonly time: Date;
}

/**
 * Releases leases, and returns those whose usage has all arrived. A second call changes nothing. Of anyone but the process
 * that opened the epoch, a close is believed, but its process may still run: the units stay lent until their leases have
 * expired, and `returnExpired` returns them. Errors: EPOCH_TAKEN where anyone else releases a single lease.
 */
export function releaseLeases(
  db: MeteringDatabase,
  release: LeaseRelease,
  time: Date,
): Promise<void> {
  const isWholeEpoch = release.leaseNumber === 0n;
  return db.transaction().execute(async (trx) => {
    const epoch = await lockEpoch(trx, release, isWholeEpoch ? "to-close" : "to-count");
    // An epoch that nobody opened has no leases.
    const isOwn = epoch.nonce === null || epoch.nonce.equals(release.nonce);
    if (!isWholeEpoch && !isOwn) throw new AppError("EPOCH_TAKEN");
    const believed = { ...release, isOwn, time };
    if (isWholeEpoch) await closeEpoch(trx, believed);
    await lockPeriods(trx, await periodsOf(trx, release));
    await markReleased(trx, believed);
    await returnLeases(trx, release, epoch.watermark);
  });
}

/**
 * Returns the leases whose process may have run on, now that they have expired and their usage has arrived, of up to
 * `epochsMax` epochs. Answers how many epochs it has looked at.
 */
export async function returnExpired(
  db: MeteringDatabase,
  time: Date,
  epochsMax: number,
): Promise<number> {
  const due = await db
    .selectFrom("leases")
    .select(["gateway_id as gatewayId", "epoch"])
    .distinct()
    .where("returned", "is", null)
    .where("held_until", "<=", time)
    .limit(epochsMax)
    .execute();
  for (const epoch of due) await returnExpiredOf(db, epoch, time);
  return due.length;
}

function returnExpiredOf(db: MeteringDatabase, epoch: GatewayEpoch, time: Date): Promise<void> {
  const { gatewayId } = epoch;
  return db.transaction().execute(async (trx) => {
    const { watermark } = await lockEpoch(trx, epoch, "to-count");
    await lockPeriods(trx, await periodsOf(trx, { ...epoch, leaseNumber: 0n }));
    await sql`UPDATE leases SET held_until = NULL WHERE gateway_id = ${gatewayId}
      AND epoch = ${epoch.epoch} AND returned IS NULL AND held_until <= ${time}`.execute(trx);
    await returnLeases(trx, epoch, watermark);
  });
}

/** Where an epoch ends whose process is gone, and how far it is counted. */
export interface EpochEnd {
  readonly lastSequence: bigint;
  readonly watermark: bigint;
  readonly time: Date;
}

/**
 * Closes an epoch whose process is gone, and returns all of its leases, if it is counted through its end. Its row is locked to
 * close. Answers the units that went back.
 */
export async function releaseAll(
  trx: MeteringTransaction,
  epoch: GatewayEpoch,
  { lastSequence, watermark, time }: EpochEnd,
): Promise<bigint> {
  const ofEpoch = { ...epoch, leaseNumber: 0n };
  await lockPeriods(trx, await periodsOf(trx, ofEpoch));
  const lent = await lentTo(trx, ofEpoch);
  const end = { ...ofEpoch, lastSequence, isOwn: true, time };
  await closeEpoch(trx, end);
  await markReleased(trx, end);
  await returnLeases(trx, epoch, watermark);
  return lent - (await lentTo(trx, ofEpoch));
}

async function lentTo(trx: MeteringTransaction, release: Released): Promise<bigint> {
  const { rows } = await sql<{ units: bigint }>`
    SELECT coalesce(sum(granted - settled), 0)::bigint AS units FROM leases
    WHERE ${ofRelease(release)}`.execute(trx);
  return rows[0]?.units ?? 0n;
}

/** What the process itself says is exact; what anyone else says only grows. */
async function closeEpoch(trx: MeteringTransaction, release: BelievedRelease): Promise<void> {
  const { gatewayId, epoch, lastSequence, isOwn } = release;
  await sql`UPDATE gateway_epochs
    SET closed_through = greatest(${isOwn ? null : sql`closed_through`}, ${lastSequence}::bigint)
    WHERE gateway_id = ${gatewayId} AND epoch = ${epoch}`.execute(trx);
}

type Released = GatewayEpoch & Pick<LeaseRelease, "leaseNumber">;

const ofRelease = ({ gatewayId, epoch, leaseNumber }: Released) =>
  sql<boolean>`gateway_id = ${gatewayId} AND epoch = ${epoch} AND returned IS NULL
    AND ${leaseNumber}::bigint IN (0, lease_number)`;

function periodsOf(trx: MeteringTransaction, release: Released): Promise<AccountPeriod[]> {
  return trx
    .selectFrom("leases")
    .select(["account_id as accountId", "period_start as periodStart"])
    .distinct()
    .where(ofRelease(release))
    .execute();
}

async function markReleased(trx: MeteringTransaction, release: BelievedRelease): Promise<void> {
  const { lastSequence, isOwn, time } = release;
  const changed = isOwn
    ? sql`released_through = ${lastSequence}::bigint, held_until = NULL`
    : sql`released_through = greatest(released_through, ${lastSequence}::bigint), held_until =
        CASE WHEN released_through IS NULL AND expires_at > ${time} THEN expires_at ELSE held_until END`;
  await sql`UPDATE leases SET ${changed} WHERE ${ofRelease(release)}`.execute(trx);
}

/** Returns the unused units of released leases whose usage has all arrived by this watermark. */
async function returnLeases(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  watermark: bigint,
): Promise<void> {
  await sql`SELECT return_leases(${gatewayId}, ${epoch}, ${watermark})`.execute(trx);
}
