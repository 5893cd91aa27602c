import { AppError } from "@geomesh/runtime/errors";
import type { Allowance } from "./allowance.ts";
import { type GatewayEpoch, lockOpenEpoch } from "./gateway-epochs.ts";
import { grantSize } from "./lease-size.ts";
import { type AccountPeriod, lockPeriods, readBalance } from "./periods.ts";
import type { MeteringDatabase, MeteringTransaction } from "./schema.ts";

/** What a gateway asks for. */
export interface LeaseDemand extends GatewayEpoch, AccountPeriod {
  /** The nonce that the epoch was opened with. */
  readonly nonce: Uint8Array;
  readonly leaseNumber: bigint;
  readonly unitsKnown: bigint;
  /** Of these all are granted, or nothing is. */
  readonly unitsNeeded: bigint;
  readonly unitsWanted: bigint;
  readonly expiresAt: Date;
}

/** Where a lease and its quota stand after a grant. */
export interface LeaseAnswer {
  /** All units ever granted under the lease number. */
  readonly granted: bigint;
  /** Units of the quota that are neither used nor leased now. */
  readonly remaining: bigint;
  /** Units of the period that are used, without those of the lease. */
  readonly usedElsewhere: bigint;
}

/** What is known of a lease before a grant. */
interface KnownLease {
  readonly granted: bigint;
  readonly settled: bigint;
}

/** More than anyone can ask for. */
const UNLIMITED = 2n ** 63n;
const NO_LEASE: KnownLease = { granted: 0n, settled: 0n };

/**
 * Lends units, which are debited when this returns. Where less is left than is needed, nothing changes, so that a request
 * that cannot be served holds nothing, nor keeps a lease alive. A gateway that knows of fewer units than were granted has lost a
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
    const { granted, settled } = await readLease(trx, demand);
    const { used, outstanding } = await readBalance(trx, demand);
    const remaining = atLeast0(allowance.limit - used - outstanding);
    const isRepeated = granted > demand.unitsKnown;
    const extra = isRepeated ? 0n : grantOf(allowance, demand, remaining);
    const isRefused = !isRepeated && extra < demand.unitsNeeded;
    if (!isRefused && granted + extra > 0n) await saveGrant(trx, demand, extra);
    return {
      granted: granted + extra,
      remaining: atLeast0(remaining - extra),
      usedElsewhere: used - settled,
    };
  });
}

const atLeast0 = (units: bigint) => (units > 0n ? units : 0n);

function grantOf({ mode }: Allowance, demand: LeaseDemand, remaining: bigint): bigint {
  const asked = { needed: demand.unitsNeeded, wanted: demand.unitsWanted };
  return grantSize(asked, mode === "SOFT" ? UNLIMITED : remaining);
}

async function readLease(trx: MeteringTransaction, demand: LeaseDemand): Promise<KnownLease> {
  const lease = await trx
    .selectFrom("leases")
    .select(["account_id", "period_start", "granted", "settled", "released_through"])
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
  const known = lease ?? NO_LEASE;
  if (demand.unitsKnown > known.granted) throw new AppError("LEASE_UNKNOWN");
  return known;
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
