import { AppError } from "@geomesh/runtime/errors";
import type { Allowance } from "./allowance.ts";
import { type GatewayEpoch, lockOpenEpoch } from "./gateway-epochs.ts";
import { hardGrant } from "./lease-size.ts";
import { type AccountPeriod, lockPeriods, type PeriodBalance, readBalance } from "./periods.ts";
import type { MeteringDatabase, MeteringTransaction } from "./schema.ts";

/** What a gateway asks for. */
export interface LeaseDemand extends GatewayEpoch, AccountPeriod {
  /** The nonce that the epoch was opened with. */
  readonly nonce: Uint8Array;
  readonly leaseNumber: bigint;
  readonly unitsKnown: bigint;
  readonly unitsWanted: bigint;
  readonly expiresAt: Date;
}

/** All units ever granted under the lease number, and the units of the quota that are neither used nor leased now. */
export interface LeaseAnswer {
  readonly granted: bigint;
  readonly remaining: bigint;
}

/**
 * Lends units, which are debited when this returns. A gateway that knows of fewer units than were granted has lost a
 * reply: the answer tells it of those, and grants no more.
 * Errors: EPOCH_NOT_OPEN; EPOCH_TAKEN; EPOCH_CLOSED; LEASE_RELEASED; LEASE_MISMATCH for a lease of another account or period; LEASE_UNKNOWN when
 * `unitsKnown` exceeds what was granted.
 */
export function lend(
  db: MeteringDatabase,
  demand: LeaseDemand,
  allowance: Allowance,
): Promise<LeaseAnswer> {
  return db.transaction().execute(async (trx) => {
    await lockOpenEpoch(trx, demand, demand.nonce);
    await lockPeriods(trx, [demand]);
    const granted = await readGranted(trx, demand);
    const remaining = remainingOf(allowance, await readBalance(trx, demand));
    const extra = granted > demand.unitsKnown ? 0n : grantOf(allowance, demand, remaining);
    if (granted + extra > 0n) await saveGrant(trx, demand, extra);
    return { granted: granted + extra, remaining: remaining > extra ? remaining - extra : 0n };
  });
}

function remainingOf({ limit }: Allowance, { used, outstanding }: PeriodBalance): bigint {
  const remaining = limit - used - outstanding;
  return remaining > 0n ? remaining : 0n;
}

function grantOf({ mode }: Allowance, { unitsWanted }: LeaseDemand, remaining: bigint): bigint {
  return mode === "SOFT" ? unitsWanted : hardGrant(unitsWanted, remaining);
}

async function readGranted(trx: MeteringTransaction, demand: LeaseDemand): Promise<bigint> {
  const lease = await trx
    .selectFrom("leases")
    .select(["account_id", "period_start", "granted", "released_through"])
    .where("gateway_id", "=", demand.gatewayId)
    .where("epoch", "=", demand.epoch)
    .where("lease_number", "=", demand.leaseNumber)
    .executeTakeFirst();
  const isSame =
    lease === undefined ||
    (lease.account_id === demand.accountId &&
      lease.period_start.getTime() === demand.periodStart.getTime());
  if (!isSame) throw new AppError("LEASE_MISMATCH");
  if (lease !== undefined && lease.released_through !== null) {
    throw new AppError("LEASE_RELEASED");
  }
  const granted = lease?.granted ?? 0n;
  if (demand.unitsKnown > granted) throw new AppError("LEASE_UNKNOWN");
  return granted;
}

async function saveGrant(
  trx: MeteringTransaction,
  demand: LeaseDemand,
  extra: bigint,
): Promise<void> {
  await trx
    .insertInto("leases")
    .values({
      gateway_id: demand.gatewayId,
      epoch: demand.epoch,
      lease_number: demand.leaseNumber,
      account_id: demand.accountId,
      period_start: demand.periodStart,
      granted: extra,
      expires_at: demand.expiresAt,
    })
    .onConflict((conflict) =>
      conflict.columns(["gateway_id", "epoch", "lease_number"]).doUpdateSet((row) => ({
        granted: row("leases.granted", "+", row.ref("excluded.granted")),
        expires_at: row.ref("excluded.expires_at"),
      })),
    )
    .execute();
  await trx
    .updateTable("periods")
    .set((row) => ({ outstanding: row("outstanding", "+", extra) }))
    .where("account_id", "=", demand.accountId)
    .where("period_start", "=", demand.periodStart)
    .execute();
}
