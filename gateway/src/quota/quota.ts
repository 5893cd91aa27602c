import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import type { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import { periodOf } from "@geomesh/terms/period";
import type { Principal } from "../keys/key-table.ts";
import { accountLimits } from "../rate/limits-of.ts";
import type { Spool } from "../usage/spool.ts";
import { AccountQuota, type AccountQuotaDeps } from "./account-quota.ts";
import { EpochOpening } from "./epoch-opening.ts";
import { Releases } from "./releases.ts";
import { type Reservation, unleased } from "./reservation.ts";

export type { Reservation } from "./reservation.ts";

const SWEEP_MS = 1_000;
const EPOCH_LOST: ReadinessProblem = {
  reason: "epoch_lost",
  message: "another process uses a copy of this gateway's directory",
};
const EPOCH_NOT_OPEN: ReadinessProblem = {
  reason: "epoch_not_open",
  message: "the usage epoch is not open yet",
};

/** What the quota works with. */
export interface QuotaDeps {
  readonly leases: Pick<
    EsClient<typeof LeaseService>,
    "openEpoch" | "acquireLease" | "releaseLeases"
  >;
  readonly spool: Pick<Spool, "gatewayId" | "epoch">;
  readonly clock: Clock;
  readonly log: Log;
}

/** The quotas of all accounts, as far as this gateway may spend them. */
export interface Quota {
  /**
   * Takes units of the account's quota: from memory, or after asking metering where the lease lacks them. A soft plan
   * goes on without a lease. Errors, on a hard plan: QUOTA_EXCEEDED; METERING_UNAVAILABLE when metering does not answer
   * within a second, or has not opened this gateway's epoch. On any plan METERING_UNAVAILABLE when another process uses
   * the epoch: its usage could not be told from this one's.
   */
  reserve(principal: Principal, units: number): Reservation | Promise<Reservation>;
  /** Why no quota can be spent, for reasons of this process's own; empty when it can. */
  problems(): ReadinessProblem[];
  close(): Promise<void>;
}

/** Spends quota from leases in escrow: metering has debited a unit before it can be spent here. */
export function startQuota(deps: QuotaDeps): Quota {
  const { leases, spool, clock, log } = deps;
  const { gatewayId, epoch } = spool;
  const opening = new EpochOpening({ leases, gatewayId, epoch, log });
  const releases = new Releases({ leases, gatewayId, nonce: opening.nonce, log });
  let lastLeaseNumber = 0n;
  const accountDeps: AccountQuotaDeps = {
    ...{ leases, gatewayId, epoch, opening, clock },
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

  return {
    reserve(principal, units) {
      const { account, plan } = principal;
      const reserved = accountOf(account.accountId).reserve(units, () => burstOf(principal));
      if (plan.quotaMode !== QuotaMode.SOFT || !(reserved instanceof Promise)) return reserved;
      return reserved.catch((error) => {
        if (!(error instanceof AppError) || opening.isLost) throw error;
        const wallMs = clock.wallMs();
        return unleased(plan.monthlyQuota ?? 0n, periodOf(wallMs), wallMs);
      });
    },
    problems() {
      if (opening.isLost) return [EPOCH_LOST];
      // Only at the start: one that serves stays ready while metering is unavailable.
      return opening.wasOpen ? [] : [EPOCH_NOT_OPEN];
    },
    async close() {
      clearInterval(sweep);
      await opening.close();
      await releases.close();
    },
  };
}

/** The requests that may come at once, of which leases are made large enough. */
function burstOf(principal: Principal): number {
  return accountLimits(principal).burst;
}
