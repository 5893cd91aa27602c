import type { Message } from "@bufbuild/protobuf";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError, toAppError } from "@geomesh/runtime/errors";
import { periodOf } from "@geomesh/terms/period";
import { reasonRow } from "@geomesh/terms/reasons";
import { isTestKey, type Principal } from "../keys/key-table.ts";
import type { Quota, Reservation } from "../quota/quota.ts";
import { unleased } from "../quota/reservation.ts";
import type { RateDecision, RateLimiter } from "../rate/rate-limiter.ts";
import type { Spool } from "../usage/spool.ts";
import { appendAndWait } from "../usage/when-durable.ts";
import type { Answer, Handler } from "./handler.ts";
import { limitHeaders } from "./limit-headers.ts";
import type { Call, Operation, Outcome } from "./operation.ts";
import { rateLimited } from "./rate-limited.ts";

/** What a metered operation is run with. */
export interface MeteredRequest {
  readonly operation: Operation;
  readonly handler: Handler;
  readonly principal: Principal;
  readonly request: Message;
  readonly call: Call;
  /** Addresses that the request asks for. */
  readonly units: number;
}

/**
 * Runs a metered operation: rate and quota before it, a durable usage record after it and before the answer. A test key has a
 * rate and a record, but neither quota nor units.
 * Errors: RATE_LIMITED, PLAN_FORBIDDEN, those of `Quota.reserve`, the handler and `Spool.append`.
 */
export type Meter = (metered: MeteredRequest) => Promise<Outcome>;

/** What a meter works with. */
export interface MeterDeps {
  readonly limiter: RateLimiter;
  readonly quota: Quota;
  readonly spool: Pick<Spool, "append">;
  readonly clock: Clock;
}

/** Creates the meter. A request that fails is recorded with its status and no units. */
export function createMeter({ limiter, quota, spool, clock }: MeterDeps): Meter {
  /** Charges rate and quota; neither is charged unless both allow the request. */
  async function admit(
    principal: Principal,
    units: number,
  ): Promise<{ rate: RateDecision; reservation: Reservation }> {
    const rates = limiter.ratesOf(principal);
    const before = rates.test();
    if (!before.allowed) throw rateLimited(before);
    const isTest = isTestKey(principal);
    const reserved = isTest ? withoutQuota(clock) : quota.reserve(principal, units);
    if (!(reserved instanceof Promise)) {
      rates.charge();
      return { rate: before, reservation: reserved };
    }
    const reservation = await reserved;
    // Others may have been charged while this request waited.
    const rate = rates.test();
    if (!rate.allowed) {
      reservation.settle(0, 0n);
      throw rateLimited(rate);
    }
    rates.charge();
    return { rate, reservation };
  }

  /** Appends the record to the spool, and gives the units that were not used back to the lease. */
  function record(
    metered: MeteredRequest,
    reservation: Reservation,
    status: number,
    units: number,
  ) {
    const { operation, principal } = metered;
    const usage = {
      timeMs: reservation.timeMs,
      accountId: principal.account.accountId,
      keyId: principal.key.keyId,
      operation: operation.name,
      status,
      units,
      leaseNumber: units > 0 ? reservation.leaseNumber : 0n,
      mode: principal.key.mode,
    };
    try {
      const { sequence, durable } = appendAndWait(spool, usage);
      reservation.settle(units, BigInt(sequence));
      return durable;
    } catch (error) {
      reservation.settle(0, 0n);
      throw error;
    }
  }

  return async (metered) => {
    const { handler, principal, request, call, units } = metered;
    checkBatchSize(principal, units);
    const { rate, reservation } = await admit(principal, units);
    let answer: Answer;
    try {
      answer = await handler(request, { principal, call });
    } catch (error) {
      await record(metered, reservation, reasonRow(toAppError(error).reason).httpStatus, 0);
      throw error;
    }
    const isTest = isTestKey(principal);
    await record(metered, reservation, 200, isTest ? 0 : answer.units);
    const headers = limitHeaders(rate, isTest ? undefined : reservation, clock.wallMs());
    return { response: answer.response, headers };
  };
}

function withoutQuota(clock: Clock): Reservation {
  const wallMs = clock.wallMs();
  return unleased(0n, periodOf(wallMs), wallMs);
}

/** Errors: PLAN_FORBIDDEN. */
function checkBatchSize({ plan }: Principal, units: number): void {
  if (units <= plan.batchSizeMax || units === 1) return;
  throw new AppError("PLAN_FORBIDDEN", {
    message: `the plan allows up to ${plan.batchSizeMax} addresses in a batch; this one has ${units}`,
  });
}
