import { Plan_QuotaMode } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import { periodOf } from "@geomesh/terms/period";
import type { Principal } from "../keys/key-table.ts";
import type { Spool } from "../usage/spool.ts";
import { AccountQuota, type AccountQuotaDeps } from "./account-quota.ts";
import { Releases } from "./releases.ts";
import { type Reservation, unleased } from "./reservation.ts";

export type { Reservation } from "./reservation.ts";

const SWEEP_MS = 1_000;

/** What the quota works with. */
export interface QuotaDeps {
  readonly metering: Pick<EsClient<typeof MeteringService>, "acquireLease" | "releaseLeases">;
  readonly spool: Pick<Spool, "gatewayId" | "epoch">;
  readonly clock: Clock;
  readonly log: Log;
}

/** The quotas of all accounts, as far as this gateway may spend them. */
export interface Quota {
  /**
   * Takes units of the account's quota: from memory, or after asking metering where the lease lacks them. A soft plan
   * goes on without a lease. Errors, on a hard plan: QUOTA_EXCEEDED; METERING_UNAVAILABLE when metering does not answer
   * within a second.
   */
  reserve(principal: Principal, units: number): Reservation | Promise<Reservation>;
  close(): Promise<void>;
}

/** Spends quota from leases in escrow: metering has debited a unit before it can be spent here. */
export function startQuota(deps: QuotaDeps): Quota {
  const { metering, spool, clock, log } = deps;
  const { gatewayId, epoch } = spool;
  const releases = new Releases({ metering, gatewayId, log });
  let lastLeaseNumber = 0n;
  const accountDeps: AccountQuotaDeps = {
    ...{ metering, gatewayId, epoch, clock },
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
    reserve({ account, plan }, units) {
      const reserved = accountOf(account.accountId).reserve(units);
      if (plan.quotaMode !== Plan_QuotaMode.SOFT || !(reserved instanceof Promise)) return reserved;
      return reserved.catch((error) => {
        if (!(error instanceof AppError)) throw error;
        const wallMs = clock.wallMs();
        return unleased(plan.monthlyQuota, periodOf(wallMs), wallMs);
      });
    },
    async close() {
      clearInterval(sweep);
      await releases.close();
    },
  };
}
