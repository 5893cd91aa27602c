import { sql } from "kysely";
import { type GatewayEpoch, lockEpoch } from "./gateway-epochs.ts";
import { type AccountPeriod, lockPeriods } from "./periods.ts";
import type { MeteringDatabase, MeteringTransaction } from "./schema.ts";

/** The end of a lease: no record after `lastSequence` spends from it. Lease number 0 means all leases of the epoch. */
export interface LeaseRelease extends GatewayEpoch {
  readonly leaseNumber: bigint;
  readonly lastSequence: bigint;
}

/** Releases leases, and returns those whose usage has all arrived. A second call changes nothing. */
export function releaseLeases(db: MeteringDatabase, release: LeaseRelease): Promise<void> {
  const isWholeEpoch = release.leaseNumber === 0n;
  return db.transaction().execute(async (trx) => {
    const { watermark } = await lockEpoch(trx, release, isWholeEpoch ? "to-close" : "to-count");
    if (isWholeEpoch) await closeEpoch(trx, release);
    await lockPeriods(trx, await periodsOf(trx, release));
    await markReleased(trx, release);
    await returnLeases(trx, release, watermark);
  });
}

async function closeEpoch(trx: MeteringTransaction, release: LeaseRelease): Promise<void> {
  await sql`UPDATE gateway_epochs SET closed_through = greatest(closed_through, ${release.lastSequence})
    WHERE gateway_id = ${release.gatewayId} AND epoch = ${release.epoch}`.execute(trx);
}

const ofRelease = ({ gatewayId, epoch, leaseNumber }: LeaseRelease) =>
  sql<boolean>`gateway_id = ${gatewayId} AND epoch = ${epoch} AND returned IS NULL
    AND ${leaseNumber}::bigint IN (0, lease_number)`;

function periodsOf(trx: MeteringTransaction, release: LeaseRelease): Promise<AccountPeriod[]> {
  return trx
    .selectFrom("leases")
    .select(["account_id as accountId", "period_start as periodStart"])
    .distinct()
    .where(ofRelease(release))
    .execute();
}

async function markReleased(trx: MeteringTransaction, release: LeaseRelease): Promise<void> {
  await sql`UPDATE leases SET released_through = greatest(released_through, ${release.lastSequence})
    WHERE ${ofRelease(release)}`.execute(trx);
}

/** Returns the unused units of released leases whose usage has all arrived by this watermark. */
async function returnLeases(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  watermark: bigint,
): Promise<void> {
  await sql`SELECT return_leases(${gatewayId}, ${epoch}, ${watermark})`.execute(trx);
}
