import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import type { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import type { Principal } from "../keys/key-table.ts";
import { accountLimits } from "../rate/limits-of.ts";
import type { Spool } from "../usage/spool.ts";
import { AccountQuota, type AccountQuotaDeps } from "./account-quota.ts";
import { ClockCheck } from "./clock-check.ts";
import { EpochOpening } from "./epoch-opening.ts";
import { meteringUnavailable } from "./refusals.ts";
import { Releases } from "./releases.ts";
import type { Reservation } from "./reservation.ts";

export type { Reservation } from "./reservation.ts";

const SWEEP_MS = 1_000;
const CLOCK_WRONG: ReadinessProblem = {
  reason: "clock_wrong",
  message: "the clock of this machine is wrong by metering's",
};

/** What the quota works with. */
export interface QuotaDeps {
  readonly leases: Pick<
    EsClient<typeof LeaseService>,
    "openEpoch" | "acquireLease" | "releaseLeases"
  >;
  readonly spool: Pick<Spool, "gatewayId" | "epoch" | "place" | "lastSequence" | "durableSequence">;
  readonly clock: Clock;
  readonly log: Log;
}

/** How the quota is shared. */
export interface QuotaOptions {
  /** How many workers the gateway has, each with leases of its own; default 1. */
  readonly workers?: number;
}

/** The quotas of all accounts, as far as this gateway may spend them. */
export interface Quota {
  /** Resolves once metering has opened this process's epoch, which may be never. Never rejects. */
  readonly epochOpened: Promise<void>;
  /**
   * Takes units of the account's quota: from memory, or after asking metering where the lease lacks them. A soft plan
   * goes on without a lease. Errors, on a hard plan: QUOTA_EXCEEDED; QUOTA_LENT where enough is left, but lent to other
   * gateways; METERING_UNAVAILABLE when metering does not answer within a second, or has not opened this gateway's epoch.
   * On any plan those of `reserveNothing`.
   */
  reserve(principal: Principal, units: number): Reservation | Promise<Reservation>;
  /**
   * A reservation of no unit, for what costs nothing, and where the account's quota stands. Errors: CLOCK_WRONG when the
   * clock differs from metering's by more than 5 s; METERING_UNAVAILABLE when another process uses the epoch, or may:
   * its usage could not be told from this one's.
   */
  reserveNothing(principal: Principal): Reservation;
  /** What is leased: of how many accounts, and units that no request has taken. */
  leased(): { accounts: number; units: bigint };
  /** Why no quota can be spent, for reasons of this process's own; empty when it can. */
  problems(): ReadinessProblem[];
  /** Closes the epoch, after the last record: what its leases hold returns once all usage has arrived. */
  close(): Promise<void>;
}

/** Spends quota from leases in escrow: metering has debited a unit before it can be spent here. */
export function startQuota(deps: QuotaDeps, { workers = 1 }: QuotaOptions = {}): Quota {
  const { leases, spool, clock, log } = deps;
  const { gatewayId, epoch, place } = spool;
  const check = new ClockCheck({ clock, log });
  const opening = new EpochOpening({ leases, gatewayId, epoch, place, check, clock, log });
  const releases = new Releases({ leases, gatewayId, nonce: opening.nonce, log });
  let lastLeaseNumber = 0n;
  const accountDeps: AccountQuotaDeps = {
    ...{ leases, gatewayId, epoch, opening, check, clock, workers },
    nextLeaseNumber: () => {
      lastLeaseNumber += 1n;
      return lastLeaseNumber;
    },
    onOver: ({ leaseNumber, lastSequence }) => releases.add({ epoch, leaseNumber, lastSequence }),
  };
  const accounts = new Map<string, AccountQuota>();
  const sweep = setInterval(() => {
    for (const [accountId, account] of accounts) if (account.sweep()) accounts.delete(accountId);
  }, SWEEP_MS);

  function accountOf(accountId: string): AccountQuota {
    const known = accounts.get(accountId);
    if (known !== undefined) return known;
    const account = new AccountQuota(accountDeps, accountId);
    accounts.set(accountId, account);
    return account;
  }

  function reserveNothing({ account, plan }: Principal): Reservation {
    check.require();
    if (opening.isInDoubt) throw meteringUnavailable();
    return accountOf(account.accountId).reserveNothing(plan.monthlyQuota ?? 0n);
  }

  return {
    epochOpened: opening.firstOpened,
    reserve(principal, units) {
      const { account, plan } = principal;
      const hardUnits = plan.quotaMode === QuotaMode.HARD ? plan.monthlyQuota : undefined;
      const reserved = accountOf(account.accountId).reserve(
        units,
        () => burstOf(principal),
        hardUnits,
      );
      if (plan.quotaMode !== QuotaMode.SOFT || !(reserved instanceof Promise)) return reserved;
      return reserved.catch((error) => {
        if (!(error instanceof AppError)) throw error;
        return reserveNothing(principal);
      });
    },
    reserveNothing,
    leased() {
      const held = [...accounts.values()].flatMap(({ leasedUnits }) => leasedUnits ?? []);
      return { accounts: held.length, units: held.reduce((sum, units) => sum + units, 0n) };
    },
    problems() {
      const { problem, isLost } = opening;
      if (!isLost && !check.isRight) return [CLOCK_WRONG];
      return problem === undefined ? [] : [problem];
    },
    async close() {
      clearInterval(sweep);
      await opening.close();
      await releases.close();
      if (!opening.wasOpen || opening.isLost) return;
      // What is not durable was not answered, but may still be read back: the next start knows, and closes the epoch.
      if (spool.durableSequence < spool.lastSequence) return;
      await releases.closeEpoch(epoch, BigInt(spool.lastSequence));
    },
  };
}

/** The requests that may come at once, of which leases are made large enough. */
function burstOf(principal: Principal): number {
  return accountLimits(principal).burst;
}
