import type { Message } from "@bufbuild/protobuf";
import { AppError, toAppError } from "@geomesh/runtime/errors";
import { hasQuota, isTestKey, type Principal } from "../keys/key-table.ts";
import type { Quota, Reservation } from "../quota/quota.ts";
import type { RateDecision, RateLimiter, RequestRates } from "../rate/rate-limiter.ts";
import type { Releasable, Spool } from "../usage/spool.ts";
import { limitHeaders, type QuotaStanding } from "./limit-headers.ts";
import type { MeteredOperation } from "./operation.ts";
import type { LimitHeaders } from "./outcome.ts";
import { rateLimited } from "./rate-limited.ts";
import { UnpaidBounds } from "./unpaid-bounds.ts";

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
  readonly quota: Pick<Quota, "reserve" | "reserveNothing">;
  readonly room: Room;
}

/**
 * Admits a request of a metered operation for so many units: at once where its lease holds them, which is the rule, else
 * after metering granted some. Nothing is charged unless everything allows the request. A test key has a rate, but no
 * quota, and so has a caller without a key.
 * A request that asks for more than is to be had, or while metering is unavailable, may cost less: it is admitted unpaid,
 * as far as there is room for such.
 * Errors, thrown or rejected with: PLAN_FORBIDDEN, RATE_LIMITED, those of `Room`, `Quota.reserve` and
 * `Quota.reserveNothing`.
 */
export type Admit = (
  operation: MeteredOperation,
  principal: Principal,
  request: Message,
) => Admission | Promise<Admitted>;

/** Admits some of the requests of a stream, as `Admit` admits a request for so many units. Errors: as `Admit`. */
export type AdmitUnits = (
  operation: Pick<MeteredOperation, "name">,
  principal: Principal,
  units: number,
) => Admission | Promise<Admitted>;

/** What was admitted, paid or not. */
export type Admitted = Admission | Unpaid;

/** The way to an Admission. */
export interface Admissions {
  readonly admit: Admit;
  readonly admitUnits: AdmitUnits;
  /**
   * Refuses what could not be admitted whatever it asks for, before its body is read. It charges nothing.
   * Errors: RATE_LIMITED, those of `Room`.
   */
  refuseEarly(principal: Principal): void;
  /** Where the quota of a caller stands, as far as it is known here; undefined where none applies to it. */
  standing(principal: Principal): QuotaStanding | undefined;
}

/** Creates the one way to an Admission. */
export function createAdmissions({ limiter, quota, room }: AdmissionsDeps): Admissions {
  const bounds = new UnpaidBounds();

  /** Errors: RATE_LIMITED, those of `Room`. */
  function allowed(rates: RequestRates, principal: Principal, units: number): RateDecision {
    const rate = rates.test();
    if (!rate.allowed) throw rateLimited(rate, principal);
    const problem = room.problem(principal, units);
    if (problem !== undefined) throw problem;
    return rate;
  }

  const admitUnits: AdmitUnits = (operation, principal, units) => {
    checkBatchSize(principal, units);
    const rates = limiter.ratesOf(principal);
    const rate = allowed(rates, principal, units);
    const reserved = hasQuota(principal)
      ? quota.reserve(principal, units)
      : quota.reserveNothing(principal);
    const asked = { operation, principal, units, room };
    if (reserved instanceof Promise) {
      return reserved.then(
        (reservation) => {
          try {
            // Others may have been charged while this request waited.
            const rateNow = allowed(rates, principal, units);
            rates.charge();
            return new Admission({ ...asked, rate: rateNow, reservation });
          } catch (error) {
            reservation.settle(0, 0n);
            throw error;
          }
        },
        (refusal) => admitUnpaid(asked, rates, refusal),
      );
    }
    rates.charge();
    return new Admission({ ...asked, rate, reservation: reserved });
  };

  /** Errors: the refusal, where the request cannot cost less or too many others are unpaid; as `Admit`. */
  function admitUnpaid(asked: Asked, rates: RequestRates, refusal: unknown): Unpaid {
    const { principal, units } = asked;
    if (!lacksUnits(refusal) || !bounds.hasRoom(principal, units)) throw refusal;
    quota.reserveNothing(principal);
    allowed(rates, principal, units);
    return new Unpaid({ ...asked, quota, bounds, rates });
  }

  return {
    admit: (operation, principal, request) =>
      admitUnits(operation, principal, operation.access.unitsAsked(request)),
    admitUnits,
    refuseEarly: (principal) => void allowed(limiter.ratesOf(principal), principal, ADDRESSES_MIN),
    standing(principal) {
      if (!hasQuota(principal)) return undefined;
      try {
        return quota.reserveNothing(principal);
      } catch {
        // What this gateway may not spend, it does not know either.
        return undefined;
      }
    },
  };
}

interface Asked {
  readonly operation: Pick<MeteredOperation, "name">;
  readonly principal: Principal;
  /** Units asked for, which is addresses. */
  readonly units: number;
  readonly room: Room;
}

interface Paid extends Asked {
  readonly rate: RateDecision;
  readonly reservation: Reservation;
}

/**
 * A request whose rate is charged, whose units are taken and whose addresses are under way until it is recorded. Only `Admit`
 * makes one, and it is recorded exactly once: that fixes what the request costs.
 */
class Admission {
  /** Tells it from one that is unpaid. */
  get isPaid(): true {
    return true;
  }

  readonly operation: Pick<MeteredOperation, "name">;
  readonly principal: Principal;
  readonly #units: number;
  readonly #room: Room;
  readonly #rate: RateDecision;
  readonly #reservation: Reservation;

  constructor({ operation, principal, units, room, rate, reservation }: Paid) {
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
    const quota = hasQuota(this.principal) ? this.#reservation : undefined;
    return limitHeaders(this.#rate, quota, wallMs);
  }
}

interface Owed extends Asked {
  readonly quota: Pick<Quota, "reserve" | "reserveNothing">;
  readonly bounds: UnpaidBounds;
  readonly rates: RequestRates;
}

/**
 * A request that asks for more units than are left, and may cost less: special-purpose and malformed addresses cost
 * nothing. It may be looked up, after all others. It has no record of its own, and so no answer: only `pay` makes it an
 * admission, once what it costs is known.
 */
class Unpaid {
  /** Tells it from an admission. */
  get isPaid(): false {
    return false;
  }

  readonly principal: Principal;
  readonly #owed: Owed;

  constructor(owed: Owed) {
    owed.room.enter(owed.principal, owed.units);
    owed.bounds.enter(owed.principal, owed.units);
    this.principal = owed.principal;
    this.#owed = owed;
  }

  /**
   * Takes the units that the answer costs, and charges the rate. It is called exactly once.
   * Errors, thrown or rejected with: RATE_LIMITED, those of `Quota.reserve` and `Quota.reserveNothing`.
   */
  pay(units: number): Admission | Promise<Admission> {
    const { quota, principal } = this.#owed;
    try {
      const reserved =
        units === 0 ? quota.reserveNothing(principal) : quota.reserve(principal, units);
      if (!(reserved instanceof Promise)) return this.#paid(reserved);
      return reserved.then(
        (reservation) => this.#paid(reservation),
        (error) => this.#refused(error),
      );
    } catch (error) {
      return this.#refused(error);
    }
  }

  #paid(reservation: Reservation): Admission {
    const { rates, bounds, ...asked } = this.#owed;
    const rate = rates.test();
    if (!rate.allowed) {
      reservation.settle(0, 0n);
      return this.#refused(rateLimited(rate, this.principal));
    }
    rates.charge();
    this.#leave();
    return new Admission({ ...asked, rate, reservation });
  }

  #refused(error: unknown): never {
    this.#leave();
    throw error;
  }

  #leave(): void {
    const { room, bounds, principal, units } = this.#owed;
    room.leave(principal, units);
    bounds.leave(principal, units);
  }
}

export type { Admission, Unpaid };

/** True where no units are available now, whoever is to blame: what costs none needs none. */
function lacksUnits(error: unknown): boolean {
  const { reason } = toAppError(error);
  return ["QUOTA_EXCEEDED", "QUOTA_LENT", "METERING_UNAVAILABLE"].includes(reason);
}

/** Errors: PLAN_FORBIDDEN. */
function checkBatchSize({ plan }: Principal, units: number): void {
  if (units <= plan.batchSizeMax || units === 1) return;
  throw new AppError("PLAN_FORBIDDEN", {
    message: `the plan allows up to ${plan.batchSizeMax} addresses in a batch; this one has ${units}`,
  });
}
