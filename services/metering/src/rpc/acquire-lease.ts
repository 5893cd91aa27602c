import { Plan_QuotaMode } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { AcquireLeaseRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { AppError } from "@geomesh/runtime/errors";
import { isNear, periodOf } from "@geomesh/terms/period";
import { lend } from "../ledger/lease-grants.ts";
import { checkIdentifiers, checkNumbers, invalidField } from "./checks.ts";
import type { MeteringDeps, MeteringHandlers } from "./contract.ts";

/** How far a gateway's clock may be off at the edge of a month. */
const CLOCK_SLACK_MS = 60_000;

export function acquireLease(metering: MeteringDeps): MeteringHandlers["acquireLease"] {
  const { db, findAllowance, leaseLifetimeMs } = metering;
  return async (request) => {
    checkIdentifiers({ gateway_id: request.gatewayId, account_id: request.accountId });
    checkNumbers({ epoch: request.epoch, lease_number: request.leaseNumber });
    const now = metering.now();
    const periodStart = checkPeriod(request, now);
    const allowance = await findAllowance(request.accountId);
    const expiresAt = new Date(now.getTime() + leaseLifetimeMs);
    const lease = await lend(db, { ...request, periodStart, expiresAt }, allowance);
    return {
      unitsGranted: lease.granted,
      lifetimeMs: leaseLifetimeMs,
      limit: allowance.limit,
      remaining: lease.remaining,
      quotaMode: Plan_QuotaMode[allowance.mode],
    };
  };
}

function checkPeriod({ periodStartTime }: AcquireLeaseRequest, now: Date): Date {
  const start = periodStartTime ?? new Date(Number.NaN);
  const period = periodOf(start.getTime());
  if (period.startMs !== start.getTime()) {
    throw invalidField("period_start_time", "must be the start of a calendar month in UTC");
  }
  if (!isNear(period, now.getTime(), CLOCK_SLACK_MS)) {
    const publicMessage = "period_start_time is not the start of the current month";
    throw new AppError("PERIOD_NOT_CURRENT", { message: publicMessage });
  }
  return start;
}
