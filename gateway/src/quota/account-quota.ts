import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { singleFlight } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import { periodOf } from "@geomesh/terms/period";
import { Demand } from "./demand.ts";
import type { EpochOpening } from "./epoch-opening.ts";
import { Lease } from "./lease.ts";
import { LeasedReservation, type Reservation } from "./reservation.ts";

/** Longest wait for one grant, its epoch's opening included, and for all that one request waits for. */
const ACQUIRE_MS_MAX = 1_000;
/** Grants that one request may wait for: near its end a quota is leased in small pieces. */
const GRANTS_MAX = 64;
/** For how long metering is not asked again after a refusal. */
const EXHAUSTED_MS = 500;
/** For how long metering is not asked again after a failure. */
const FAILED_MS = 250;
const RETRY_MS = 1_000;
const ONE_AT_ONCE = () => 1;

/** What the quota of an account works with. */
export interface AccountQuotaDeps {
  readonly leases: Pick<EsClient<typeof LeaseService>, "acquireLease">;
  readonly gatewayId: string;
  readonly epoch: bigint;
  /** Leases are asked for once the epoch is open. */
  readonly opening: Pick<EpochOpening, "nonce" | "isOpen" | "opened" | "refused">;
  readonly clock: Clock;
  readonly nextLeaseNumber: () => bigint;
  /** Hears of a lease that is over. */
  readonly onOver: (lease: Lease) => void;
}

/** A refusal that stands until a moment of the monotonic clock. */
interface Refusal {
  readonly error: AppError;
  readonly untilMs: number;
}

/** What this gateway may spend of one account's quota. */
export class AccountQuota {
  readonly #deps: AccountQuotaDeps;
  readonly #accountId: string;
  readonly #demand = new Demand();
  /** Asks metering for more units. Never rejects: a failure is a refusal. */
  readonly #acquire = singleFlight(() => this.#ask());
  #lease: Lease | undefined;
  /** Leases of earlier months; given up once their last request is settled. */
  #ended: Lease[] = [];
  #isAsking = false;
  /** Tells the units that a lease should have at least: so many may come at once, after any pause. */
  #burstOf = ONE_AT_ONCE;
  #refusal: Refusal | undefined;

  constructor(deps: AccountQuotaDeps, accountId: string) {
    this.#deps = deps;
    this.#accountId = accountId;
  }

  /**
   * Takes units from memory where there are enough, else asks metering. `burstOf` tells, when metering is asked, how many
   * requests may come at once by the plan. Errors: as `Quota.reserve`.
   */
  reserve(units: number, burstOf = ONE_AT_ONCE): Reservation | Promise<Reservation> {
    const { clock } = this.#deps;
    this.#burstOf = burstOf;
    const [monotonicMs, wallMs] = [clock.monotonicMs(), clock.wallMs()];
    this.#demand.count(units, monotonicMs);
    const lease = this.#leaseAt(wallMs);
    if (lease.usable(monotonicMs) < units) return this.#reserveLater(units);
    const reservation = new LeasedReservation(lease, BigInt(units), wallMs);
    if (lease.wantsRenewal(monotonicMs) && !this.#isRefused(monotonicMs)) void this.#acquire();
    return reservation;
  }

  /** Gives up leases that expired and that no request spends from. True when nothing is left to keep. */
  sweep(): boolean {
    if (this.#isAsking) return false;
    const { clock, onOver } = this.#deps;
    for (const lease of this.#ended.filter(({ underWay }) => underWay === 0)) onOver(lease);
    this.#ended = this.#ended.filter(({ underWay }) => underWay > 0);
    const lease = this.#lease;
    if (lease === undefined) return this.#ended.length === 0;
    if (lease.underWay > 0 || !lease.isExpired(clock.monotonicMs())) return false;
    this.#lease = undefined;
    onOver(lease);
    return this.#ended.length === 0;
  }

  /** The lease of the month of a moment. */
  #leaseAt(wallMs: number): Lease {
    const held = this.#lease;
    if (held && wallMs < held.period.endMs && wallMs >= held.period.startMs) return held;
    if (held !== undefined) this.#ended.push(held);
    this.#lease = new Lease(this.#deps.nextLeaseNumber(), periodOf(wallMs));
    this.#refusal = undefined;
    return this.#lease;
  }

  async #reserveLater(units: number): Promise<Reservation> {
    const { clock } = this.#deps;
    const deadlineMs = clock.monotonicMs() + ACQUIRE_MS_MAX;
    for (let grants = 0; grants < GRANTS_MAX && clock.monotonicMs() < deadlineMs; grants++) {
      const wallMs = clock.wallMs();
      const lease = this.#leaseAt(wallMs);
      if (lease.usable(clock.monotonicMs()) >= units) {
        return new LeasedReservation(lease, BigInt(units), wallMs);
      }
      if (this.#isRefused(clock.monotonicMs())) break;
      await this.#acquire();
    }
    throw this.#refusal?.error ?? meteringUnavailable();
  }

  #isRefused(monotonicMs: number): boolean {
    return this.#refusal !== undefined && monotonicMs < this.#refusal.untilMs;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const lease = this.#leaseAt(this.#deps.clock.wallMs());
    try {
      const isMore = await this.#extend(lease);
      // That a month is used up says nothing about the next, which may have begun meanwhile.
      if (lease !== this.#lease) return;
      this.#refusal = isMore ? undefined : this.#refuse(this.#exhausted(lease), EXHAUSTED_MS);
    } catch (cause) {
      this.#deps.opening.refused(cause);
      this.#refusal = this.#refuse(meteringUnavailable(cause), FAILED_MS);
    } finally {
      this.#isAsking = false;
    }
  }

  /** Asks for more units under the number of a lease. True when it got some. */
  async #extend(lease: Lease): Promise<boolean> {
    const { leases, gatewayId, epoch, opening, clock } = this.#deps;
    const beganAtMs = clock.monotonicMs();
    if (!opening.isOpen) await opening.opened();
    const sentAtMs = clock.monotonicMs();
    const answer = await leases.acquireLease(
      {
        gatewayId,
        epoch,
        leaseNumber: lease.leaseNumber,
        accountId: this.#accountId,
        periodStartTime: timestampFromMs(lease.period.startMs),
        unitsKnown: lease.granted,
        unitsWanted: BigInt(this.#demand.unitsWanted(this.#burstOf())),
        nonce: opening.nonce,
      },
      { deadlineMs: Math.max(1, ACQUIRE_MS_MAX - (sentAtMs - beganAtMs)) },
    );
    const isMore = answer.unitsGranted > lease.granted;
    lease.limit = answer.limit;
    lease.remainingElsewhere = answer.remaining;
    lease.grant(answer.unitsGranted, sentAtMs, answer.lifetimeMs);
    return isMore;
  }

  #refuse(error: AppError, forMs: number): Refusal {
    return { error, untilMs: this.#deps.clock.monotonicMs() + forMs };
  }

  #exhausted({ period }: Lease): AppError {
    return new AppError("QUOTA_EXCEEDED", {
      retryAfterMs: Math.max(0, period.endMs - this.#deps.clock.wallMs()),
      metadata: { [VIOLATED_POLICY]: "month" },
    });
  }
}

function meteringUnavailable(cause?: unknown): AppError {
  return new AppError("METERING_UNAVAILABLE", { retryAfterMs: RETRY_MS, cause });
}
