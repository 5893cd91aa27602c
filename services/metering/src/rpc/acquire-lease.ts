import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import type { AcquireLeaseRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { AppError } from "@geomesh/runtime/errors";
import { isNear, periodOf } from "@geomesh/terms/period";
import { lend } from "../ledger/lease-grants.ts";
import { checkIdentifiers, checkNumbers, invalidField } from "./checks.ts";
import type { LeaseHandlers, MeteringDeps } from "./contract.ts";

/** How far a gateway's clock may differ at the edge of a month. */
const CLOCK_SLACK_MS = 60_000;

/** Lends units of the current month to a gateway, or renews its lease with more. */
export function acquireLease(deps: MeteringDeps): LeaseHandlers["acquireLease"] {
  const { db, findAllowance, leaseLifetimeMs, clock } = deps;
  return async (request) => {
    checkIdentifiers({ gateway_id: request.gatewayId, account_id: request.accountId });
    checkNumbers({ epoch: request.epoch, lease_number: request.leaseNumber });
    const wallMs = clock.wallMs();
    const periodStart = checkPeriod(request, wallMs);
    const allowance = await findAllowance(request.accountId);
    const expiresAt = new Date(wallMs + leaseLifetimeMs);
    const lease = await lend(db, { ...request, periodStart, expiresAt }, allowance);
    return {
      unitsGranted: lease.granted,
      lifetimeMs: leaseLifetimeMs,
      limit: allowance.limit,
      remaining: lease.remaining,
      quotaMode: QuotaMode[allowance.mode],
      usedElsewhere: lease.usedElsewhere,
      serverTime: new Date(clock.wallMs()),
    };
  };
}

function checkPeriod({ periodStartTime }: AcquireLeaseRequest, wallMs: number): Date {
  const startMs = periodStartTime?.getTime() ?? Number.NaN;
  const period = periodOf(startMs);
  if (period.startMs !== startMs) {
    throw invalidField("period_start_time", "must be the start of a calendar month in UTC");
  }
  if (!isNear(period, wallMs, CLOCK_SLACK_MS)) throw new AppError("PERIOD_NOT_CURRENT");
  return new Date(startMs);
}
