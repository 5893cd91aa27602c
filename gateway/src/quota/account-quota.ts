import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { singleFlight } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import { periodOf } from "@geomesh/terms/period";
import type { ClockCheck } from "./clock-check.ts";
import { Demand } from "./demand.ts";
import type { EpochOpening } from "./epoch-opening.ts";
import { Lease } from "./lease.ts";
import { meteringUnavailable, Refusals } from "./refusals.ts";
import { LeasedReservation, type Reservation, UnleasedReservation } from "./reservation.ts";
import { SmallerPlan } from "./smaller-plan.ts";

/** Longest wait for one grant, its epoch's opening included, and for all that one request waits for. */
const ACQUIRE_MS_MAX = 1_000;
/** Grants that one request may wait for: others may take the units of the first ones from memory. */
const GRANTS_MAX = 16;
/** Requests of an account that may wait for units. */
const WAITING_MAX = 10_000;
/** Most units that may be asked for at once. */
const UNITS_MAX = 1_000_000n;
/** For how long a lease is not renewed after metering had nothing to add. */
const QUIET_MS = 500;
/** A lease that holds so many times what it should is given up when it has expired. */
const SURPLUS = 2n;
const ONE_AT_ONCE = () => 1;

/** What the quota of an account works with. */
export interface AccountQuotaDeps {
  readonly leases: Pick<EsClient<typeof LeaseService>, "acquireLease">;
  readonly gatewayId: string;
  readonly epoch: bigint;
  /** Leases are asked for once the epoch is open. */
  readonly opening: Pick<EpochOpening, "nonce" | "isOpen" | "opened" | "refused" | "recheck">;
  readonly check: ClockCheck;
  readonly clock: Clock;
  /** How many workers share the gateway's demand. */
  readonly workers: number;
  readonly nextLeaseNumber: () => bigint;
  /** Hears of a lease that is over. */
  readonly onOver: (lease: Lease) => void;
}

type Reserved = Reservation | Promise<Reservation>;

/** A request that waits for units. */
interface Waiter {
  readonly units: bigint;
  readonly deadlineMs: number;
  grants: number;
  resolve(reservation: Reservation): void;
  reject(error: AppError): void;
}

/** What this gateway may spend of one account's quota. */
export class AccountQuota {
  readonly #deps: AccountQuotaDeps;
  readonly #accountId: string;
  readonly #demand: Demand;
  readonly #refusals: Refusals;
  /** Asks metering for more units. Never rejects: a failure is a refusal. */
  readonly #acquire = singleFlight(() => this.#ask());
  #lease: Lease | undefined;

  /** Units of its lease that no request has taken; undefined without a lease. */
  get leasedUnits(): bigint | undefined {
    return this.#lease?.free;
  }

  /** Leases of earlier months or larger plans, and those given up; released once their last request is settled. */
  #ended: Lease[] = [];
  #isAsking = false;
  /** Requests that their lease does not hold, in the order in which they are served. */
  readonly #waiting: Waiter[] = [];
  #isServing = false;
  /** Tells the units that a lease should have at least: so many may come at once, after any pause. */
  #burstOf = ONE_AT_ONCE;
  readonly #smallerPlan = new SmallerPlan();
  #quietUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: AccountQuotaDeps, accountId: string) {
    this.#deps = deps;
    this.#accountId = accountId;
    this.#demand = new Demand(deps.workers);
    this.#refusals = new Refusals(deps.clock);
  }

  /**
   * Takes units from memory where there are enough, else asks metering for them. Who is served from memory does not wait behind
   * those who wait, and these are served in order. `burstOf` tells, when metering is asked, how many requests may come at once by
   * the plan; `hardUnits` is the quota of a hard plan. Errors: as `Quota.reserve`.
   */
  reserve(units: number, burstOf = ONE_AT_ONCE, hardUnits?: bigint): Reserved {
    const { clock, check } = this.#deps;
    this.#burstOf = burstOf;
    const [monotonicMs, wallMs] = [clock.monotonicMs(), clock.wallMs()];
    if (!check.isRightAt(wallMs, monotonicMs)) return this.#wait(units, monotonicMs);
    // By what all gateways hold of a larger plan, more could be spent than a smaller one has.
    if (this.#smallerPlan.isNews(hardUnits, this.#lease?.limit)) this.#drop();
    const lease = this.#leaseAt(wallMs);
    if (lease.usable(monotonicMs, wallMs) < units) return this.#wait(units, monotonicMs);
    this.#demand.count(units, monotonicMs);
    const reservation = new LeasedReservation(lease, BigInt(units), wallMs);
    if (lease.wantsRenewal(monotonicMs)) this.#renew(lease, monotonicMs);
    return reservation;
  }

  /** A reservation of no unit, which says where the quota stands. `planUnits` is the limit by the plan. */
  reserveNothing(planUnits: bigint): Reservation {
    const wallMs = this.#deps.clock.wallMs();
    return new UnleasedReservation(this.#leaseAt(wallMs), planUnits, wallMs);
  }

  /** Gives up leases that expired and that no request spends from. True when nothing is left to keep. */
  sweep(): boolean {
    if (this.#isAsking || this.#isServing) return false;
    const { clock } = this.#deps;
    for (const lease of this.#ended.filter(({ underWay }) => underWay === 0)) this.#giveUp(lease);
    this.#ended = this.#ended.filter(({ underWay }) => underWay > 0);
    const lease = this.#lease;
    if (lease === undefined) return this.#ended.length === 0;
    if (lease.underWay > 0 || !lease.isExpired(clock.monotonicMs(), clock.wallMs())) return false;
    this.#lease = undefined;
    this.#giveUp(lease);
    return this.#ended.length === 0;
  }

  #giveUp(lease: Lease): void {
    if (lease.isKnown) this.#deps.onOver(lease);
  }

  /** The lease of the month of a moment. */
  #leaseAt(wallMs: number): Lease {
    const held = this.#lease;
    if (held && wallMs < held.period.endMs && wallMs >= held.period.startMs) return held;
    this.#drop();
    this.#lease = new Lease(this.#deps.nextLeaseNumber(), periodOf(wallMs));
    return this.#lease;
  }

  /** Spends no more of the lease. */
  #drop(): void {
    if (this.#lease !== undefined) this.#ended.push(this.#lease);
    this.#lease = undefined;
    this.#refusals.forget();
  }

  /** Asks for more in the background. A lease that holds far more than it should ends by itself, for others' sake. */
  #renew(lease: Lease, monotonicMs: number): void {
    if (monotonicMs < this.#quietUntilMs || this.#refusals.hasFailed()) return;
    if (lease.free <= SURPLUS * this.#demand.target(this.#burstOf())) void this.#acquire();
  }

  #wait(units: number, monotonicMs: number): Promise<Reservation> {
    if (this.#waiting.length >= WAITING_MAX) return Promise.reject(meteringUnavailable());
    const { promise, resolve, reject } = Promise.withResolvers<Reservation>();
    const deadlineMs = monotonicMs + ACQUIRE_MS_MAX;
    this.#waiting.push({ units: BigInt(units), deadlineMs, grants: 0, resolve, reject });
    void this.#serve();
    return promise;
  }

  /** Serves all who wait, one after another. Never rejects. */
  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const outcome = this.#outcomeOf(next);
      if (outcome === undefined) {
        next.grants += 1;
        await this.#acquire();
        continue;
      }
      this.#waiting.shift();
      if (outcome instanceof AppError) next.reject(outcome);
      else next.resolve(outcome);
    }
    this.#isServing = false;
  }

  /** What a request gets now; undefined where metering must be asked first. */
  #outcomeOf({ units, deadlineMs, grants }: Waiter): Reservation | AppError | undefined {
    const { clock, check } = this.#deps;
    const [monotonicMs, wallMs] = [clock.monotonicMs(), clock.wallMs()];
    if (check.isRightAt(wallMs, monotonicMs)) {
      const lease = this.#leaseAt(wallMs);
      if (lease.usable(monotonicMs, wallMs) >= units) {
        this.#demand.count(Number(units), monotonicMs);
        return new LeasedReservation(lease, units, wallMs);
      }
      const refused = this.#refusals.ofLack(lease, units);
      if (refused !== undefined) return refused;
    }
    const failed = this.#refusals.failure();
    if (failed !== undefined) return failed;
    return monotonicMs < deadlineMs && grants < GRANTS_MAX ? undefined : meteringUnavailable();
  }

  async #ask(): Promise<void> {
    const { clock, check, opening } = this.#deps;
    this.#isAsking = true;
    const beganAtMs = clock.monotonicMs();
    try {
      if (!opening.isOpen) await opening.opened();
      if (!check.isRight) await opening.recheck();
      check.require();
      await this.#extendFor(this.#waiting[0], beganAtMs);
      this.#refusals.succeeded();
    } catch (cause) {
      opening.refused(cause);
      this.#refusals.failed(cause);
    } finally {
      this.#isAsking = false;
    }
  }

  /** Asks for what the first who waits needs, and for what the lease should hold beyond that. */
  async #extendFor(head: Waiter | undefined, beganAtMs: number): Promise<void> {
    const { clock } = this.#deps;
    const [monotonicMs, wallMs] = [clock.monotonicMs(), clock.wallMs()];
    const lease = this.#leaseAt(wallMs);
    const units = head?.units ?? 0n;
    const target = this.#demand.target(this.#burstOf()) + this.#unitsBehind(head);
    if (lease.isExpired(monotonicMs, wallMs) && lease.free > units + SURPLUS * target) {
      if (await this.#replace(lease, { needed: units, wanted: largest(target, units) }, beganAtMs))
        return;
    }
    const needed = lease.lack(units);
    const wanted = largest(needed, target - lease.free);
    const isMore = await this.#extend(lease, { needed, wanted }, beganAtMs);
    // That a month is used up says nothing about the next, which may have begun meanwhile.
    if (isMore || lease !== this.#lease) return;
    if (needed > 0n) this.#refusals.lacked(needed);
    else this.#quietUntilMs = clock.monotonicMs() + QUIET_MS;
  }

  /** Takes a new lease in place of one that holds too much, whose units return. False where there is none to get. */
  async #replace(held: Lease, asked: UnitsAsked, beganAtMs: number): Promise<boolean> {
    const lease = new Lease(this.#deps.nextLeaseNumber(), held.period);
    let isMore = false;
    try {
      isMore = await this.#extend(lease, asked, beganAtMs);
    } finally {
      const isInPlace = isMore && this.#lease === held;
      if (isInPlace) this.#lease = lease;
      // Also where the answer was lost: metering may have lent it.
      this.#ended.push(isInPlace ? held : lease);
    }
    return isMore;
  }

  /** The units of those who wait behind the first, as far as each of them needs no more than it. */
  #unitsBehind(head: Waiter | undefined): bigint {
    let sum = 0n;
    for (const each of this.#waiting)
      if (each !== head && each.units <= (head?.units ?? 0n)) sum += each.units;
    return sum;
  }

  /** Asks for more units under the number of a lease. True when it got some. */
  async #extend(lease: Lease, { needed, wanted }: UnitsAsked, beganAtMs: number): Promise<boolean> {
    const { leases, gatewayId, epoch, opening, check, clock } = this.#deps;
    const sentAt = { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    lease.isKnown = true;
    const answer = await leases.acquireLease(
      {
        gatewayId,
        epoch,
        leaseNumber: lease.leaseNumber,
        accountId: this.#accountId,
        periodStartTime: timestampFromMs(lease.period.startMs),
        unitsKnown: lease.granted,
        unitsNeeded: needed,
        unitsWanted: wanted < UNITS_MAX ? wanted : UNITS_MAX,
        nonce: opening.nonce,
      },
      { deadlineMs: Math.max(1, ACQUIRE_MS_MAX - (sentAt.monotonicMs - beganAtMs)) },
    );
    check.heard(answer.serverTime, sentAt.monotonicMs);
    check.require();
    const isMore = answer.unitsGranted > lease.granted;
    lease.hear(answer);
    // A request that cannot be served does not keep a lease alive.
    if (isMore || needed === 0n) lease.grant(answer.unitsGranted, sentAt, answer.lifetimeMs);
    this.#refusals.lifetimeMs = answer.lifetimeMs;
    return isMore;
  }
}

/** Of whole numbers that are larger than Math.max takes. */
const largest = (a: bigint, b: bigint) => (a < b ? b : a);

/** Units that are asked for: of those that are needed all or none, and more by demand. */
interface UnitsAsked {
  readonly needed: bigint;
  readonly wanted: bigint;
}
