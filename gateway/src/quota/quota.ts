import { Plan_QuotaMode } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import { periodOf } from "@geomesh/terms/period";
import type { Principal } from "../keys/key-table.ts";
import type { Spool } from "../usage/spool.ts";
import { AccountQuota, type AccountQuotaParts } from "./account-quota.ts";
import { Releases } from "./releases.ts";
import { type Reservation, unleased } from "./reservation.ts";

export type { Reservation } from "./reservation.ts";

const SWEEP_MS = 1_000;

export interface QuotaParts {
  readonly metering: Pick<EsClient<typeof MeteringService>, "acquireLease" | "releaseLeases">;
  readonly spool: Pick<Spool, "gatewayId" | "epoch">;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly monotonicNow: () => number;
  readonly log: Log;
}

export interface Quota {
  /**
   * Takes units of the account's quota: from memory, or after one question to metering when there is no lease.
   * Errors: resource_exhausted QUOTA_EXCEEDED on a hard plan; unavailable METERING_UNAVAILABLE on a hard plan when
   * metering does not answer within a second. A soft plan goes on without a lease.
   */
  reserve(principal: Principal, units: number): Reservation | Promise<Reservation>;
  close(): Promise<void>;
}

/** Spends quota from leases in escrow: metering has debited a unit before it can be spent here. */
export function createQuota(parts: QuotaParts): Quota {
  const { metering, spool, now, log } = parts;
  const releases = new Releases(metering, spool.gatewayId, log);
  let lastLeaseNumber = 0n;
  const accountParts: AccountQuotaParts = {
    ...parts,
    gatewayId: spool.gatewayId,
    epoch: spool.epoch,
    nextLeaseNumber: () => {
      lastLeaseNumber += 1n;
      return lastLeaseNumber;
    },
    onOver: ({ leaseNumber, lastSequence }) =>
      releases.add({ epoch: spool.epoch, leaseNumber, lastSequence }),
  };
  const accounts = new Map<string, AccountQuota>();
  const sweep = setInterval(() => {
    for (const [accountId, account] of accounts) if (account.sweep()) accounts.delete(accountId);
  }, SWEEP_MS);

  function accountOf(accountId: string): AccountQuota {
    const known = accounts.get(accountId);
    if (known !== undefined) return known;
    const account = new AccountQuota(accountParts, accountId);
    accounts.set(accountId, account);
    return account;
  }

  return {
    reserve({ account, plan }, units) {
      const reserved = accountOf(account.accountId).reserve(units);
      if (plan.quotaMode !== Plan_QuotaMode.SOFT || !(reserved instanceof Promise)) return reserved;
      return reserved.catch((error) => {
        if (!(error instanceof AppError)) throw error;
        return unleased(plan.monthlyQuota, periodOf(now()), now());
      });
    },
    async close() {
      clearInterval(sweep);
      await releases.close();
    },
  };
}
