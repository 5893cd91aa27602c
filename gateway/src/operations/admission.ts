import type { Message } from "@bufbuild/protobuf";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { periodOf } from "@geomesh/terms/period";
import { isTestKey, type Principal } from "../keys/key-table.ts";
import type { Quota, Reservation } from "../quota/quota.ts";
import { unleased } from "../quota/reservation.ts";
import type { RateDecision, RateLimiter, RequestRates } from "../rate/rate-limiter.ts";
import type { Releasable, Spool } from "../usage/spool.ts";
import { limitHeaders } from "./limit-headers.ts";
import type { MeteredOperation } from "./operation.ts";
import type { LimitHeaders } from "./outcome.ts";
import { rateLimited } from "./rate-limited.ts";

/** Addresses of the smallest request. */
const ADDRESSES_MIN = 1;

/** Bounds what is under way, beside rate and quota. */
export interface Room {
  /** Why so many more addresses of a caller cannot be under way now; undefined where they can. */
  problem(principal: Principal, addresses: number): AppError | undefined;
  /** Counts addresses in; those of a request at its admission, so that nothing comes between that and `problem`. */
  enter(principal: Principal, addresses: number): void;
  /** Counts addresses out. */
  leave(principal: Principal, addresses: number): void;
}

/** What admissions work with. */
export interface AdmissionsDeps {
  readonly limiter: RateLimiter;
  readonly quota: Pick<Quota, "reserve">;
  readonly room: Room;
  readonly clock: Clock;
}

/**
 * Admits a request of a metered operation for so many units: at once where its lease holds them, which is the rule, else
 * after metering granted some. Nothing is charged unless everything allows the request. A test key has a rate, but no quota.
 * Errors, thrown or rejected with: PLAN_FORBIDDEN, RATE_LIMITED, those of `Room` and `Quota.reserve`.
 */
export type Admit = (
  operation: MeteredOperation,
  principal: Principal,
  request: Message,
) => Admission | Promise<Admission>;

/** The way to an Admission. */
export interface Admissions {
  readonly admit: Admit;
  /**
   * Refuses what could not be admitted whatever it asks for, before its body is read. It charges nothing.
   * Errors: RATE_LIMITED, those of `Room`.
   */
  refuseEarly(principal: Principal): void;
}

/** Creates the one way to an Admission. */
export function createAdmissions({ limiter, quota, room, clock }: AdmissionsDeps): Admissions {
  /** Errors: RATE_LIMITED, those of `Room`. */
  function allowed(rates: RequestRates, principal: Principal, units: number): RateDecision {
    const rate = rates.test();
    if (!rate.allowed) throw rateLimited(rate);
    const problem = room.problem(principal, units);
    if (problem !== undefined) throw problem;
    return rate;
  }

  const admit: Admit = (operation, principal, request) => {
    const units = operation.access.unitsAsked(request);
    checkBatchSize(principal, units);
    const rates = limiter.ratesOf(principal);
    const rate = allowed(rates, principal, units);
    const reserved = isTestKey(principal) ? withoutQuota(clock) : quota.reserve(principal, units);
    if (reserved instanceof Promise) {
      return reserved.then((reservation) => {
        try {
          // Others may have been charged while this request waited.
          const rateNow = allowed(rates, principal, units);
          rates.charge();
          return new Admission({ operation, principal, units, room, rate: rateNow, reservation });
        } catch (error) {
          reservation.settle(0, 0n);
          throw error;
        }
      });
    }
    rates.charge();
    return new Admission({ operation, principal, units, room, rate, reservation: reserved });
  };
  return {
    admit,
    refuseEarly: (principal) => void allowed(limiter.ratesOf(principal), principal, ADDRESSES_MIN),
  };
}

interface Admitted {
  readonly operation: MeteredOperation;
  readonly principal: Principal;
  /** Units asked for, which is addresses. */
  readonly units: number;
  readonly room: Room;
  readonly rate: RateDecision;
  readonly reservation: Reservation;
}

/**
 * A request whose rate is charged, whose units are taken and whose addresses are under way until it is recorded. Only `Admit`
 * makes one, and it is recorded exactly once: that fixes what the request costs.
 */
class Admission {
  readonly operation: MeteredOperation;
  readonly principal: Principal;
  readonly #units: number;
  readonly #room: Room;
  readonly #rate: RateDecision;
  readonly #reservation: Reservation;

  constructor({ operation, principal, units, room, rate, reservation }: Admitted) {
    room.enter(principal, units);
    this.operation = operation;
    this.principal = principal;
    this.#units = units;
    this.#room = room;
    this.#rate = rate;
    this.#reservation = reservation;
  }

  /**
   * Appends the usage of the request to the spool, and gives the units that were not used back to the lease. A test key
   * uses none. Errors: those of `Spool.append`; then nothing is charged.
   */
  record(spool: Pick<Spool, "append">, status: number, unitsUsed: number, waiting: Releasable) {
    const { account, key } = this.principal;
    const reservation = this.#reservation;
    const units = isTestKey(this.principal) ? 0 : unitsUsed;
    this.#room.leave(this.principal, this.#units);
    try {
      const sequence = spool.append(
        {
          timeMs: reservation.timeMs,
          accountId: account.accountId,
          keyId: key.keyId,
          operation: this.operation.name,
          status,
          units,
          leaseNumber: units > 0 ? reservation.leaseNumber : 0n,
          mode: key.mode,
        },
        waiting,
      );
      reservation.settle(units, BigInt(sequence));
    } catch (error) {
      reservation.settle(0, 0n);
      throw error;
    }
  }

  /** The headers that tell where the caller stands. */
  headers(wallMs: number): LimitHeaders {
    const quota = isTestKey(this.principal) ? undefined : this.#reservation;
    return limitHeaders(this.#rate, quota, wallMs);
  }
}

export type { Admission };

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
