import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { AppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import { periodOf } from "@geomesh/terms/period";
import { Demand } from "./demand.ts";
import { Lease } from "./lease.ts";
import { LeasedReservation, type Reservation } from "./reservation.ts";

/** Longest wait for one grant. */
const ACQUIRE_MS_MAX = 1_000;
/** Grants that one request may wait for: near its end a quota is lent in small pieces. */
const GRANTS_MAX = 64;
/** For so long a refusal stands without asking again. */
const EXHAUSTED_MS = 500;
const FAILED_MS = 250;

export interface AccountQuotaParts {
  readonly metering: Pick<EsClient<typeof MeteringService>, "acquireLease">;
  readonly gatewayId: string;
  readonly epoch: bigint;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly monotonicNow: () => number;
  readonly nextLeaseNumber: () => bigint;
  /** Hears of a lease that is over. */
  readonly onOver: (lease: Lease) => void;
}

/** What this gateway may spend of one account's quota. */
export class AccountQuota {
  readonly #parts: AccountQuotaParts;
  readonly #accountId: string;
  readonly #demand = new Demand();
  #lease: Lease | undefined;
  /** Of months gone by; given up once their last request is settled. */
  #ended: Lease[] = [];
  #acquiring: Promise<void> | undefined;
  #refusal: { readonly error: AppError; readonly until: number } | undefined;

  constructor(parts: AccountQuotaParts, accountId: string) {
    this.#parts = parts;
    this.#accountId = accountId;
  }

  /** Units from memory where there are enough, else after asking metering. Errors: as `Quota.reserve`. */
  reserve(units: number): Reservation | Promise<Reservation> {
    const [now, wall] = [this.#parts.monotonicNow(), this.#parts.now()];
    this.#demand.count(units, now);
    const lease = this.#leaseAt(wall);
    if (lease.usable(now) < units) return this.#reserveLater(units);
    const reservation = new LeasedReservation(lease, BigInt(units), wall);
    if (lease.wantsRenewal(now) && !this.#isRefused(now)) void this.#acquire(1);
    return reservation;
  }

  /** Gives up a lease that ran out and that nobody is spending from. True when nothing is left to keep. */
  sweep(): boolean {
    if (this.#acquiring !== undefined) return false;
    for (const lease of this.#ended.filter(({ underWay }) => underWay === 0)) {
      this.#parts.onOver(lease);
    }
    this.#ended = this.#ended.filter(({ underWay }) => underWay > 0);
    const lease = this.#lease;
    if (lease === undefined) return this.#ended.length === 0;
    if (lease.underWay > 0 || !lease.isExpired(this.#parts.monotonicNow())) return false;
    this.#lease = undefined;
    this.#parts.onOver(lease);
    return this.#ended.length === 0;
  }

  /** The lease of the month of a moment. */
  #leaseAt(wall: number): Lease {
    const held = this.#lease;
    if (held !== undefined && wall < held.period.endMs && wall >= held.period.startMs) return held;
    if (held !== undefined) this.#ended.push(held);
    this.#lease = new Lease(this.#parts.nextLeaseNumber(), periodOf(wall));
    this.#refusal = undefined;
    return this.#lease;
  }

  async #reserveLater(units: number): Promise<Reservation> {
    const { monotonicNow, now } = this.#parts;
    const deadline = monotonicNow() + ACQUIRE_MS_MAX;
    for (let grants = 0; grants < GRANTS_MAX && monotonicNow() < deadline; grants++) {
      const wall = now();
      const lease = this.#leaseAt(wall);
      if (lease.usable(monotonicNow()) >= units) {
        return new LeasedReservation(lease, BigInt(units), wall);
      }
      if (this.#isRefused(monotonicNow())) break;
      await this.#acquire(units);
    }
    throw this.#refusal?.error ?? meteringAway();
  }

  #isRefused(now: number): boolean {
    return this.#refusal !== undefined && now < this.#refusal.until;
  }

  /** One request at a time; all who wait share its answer. Never rejects: a failure is a refusal. */
  #acquire(units: number): Promise<void> {
    this.#acquiring ??= this.#ask(this.#leaseAt(this.#parts.now()), units).finally(() => {
      this.#acquiring = undefined;
    });
    return this.#acquiring;
  }

  async #ask(lease: Lease, units: number): Promise<void> {
    const { metering, gatewayId, epoch, monotonicNow } = this.#parts;
    const sentAt = monotonicNow();
    try {
      const answer = await metering.acquireLease(
        {
          gatewayId,
          epoch,
          leaseNumber: lease.leaseNumber,
          accountId: this.#accountId,
          periodStartTime: timestampFromMs(lease.period.startMs),
          unitsKnown: lease.granted,
          unitsWanted: BigInt(Math.max(units, this.#demand.unitsWanted)),
        },
        { deadlineMs: ACQUIRE_MS_MAX },
      );
      const isMore = answer.unitsGranted > lease.granted;
      lease.limit = answer.limit;
      lease.remainingElsewhere = answer.remaining;
      lease.grant(answer.unitsGranted, sentAt, answer.lifetimeMs);
      // That a month is used up says nothing about the next, which may have begun meanwhile.
      if (lease !== this.#lease) return;
      this.#refusal = isMore ? undefined : this.#refuse(this.#exhausted(lease), EXHAUSTED_MS);
    } catch (cause) {
      this.#refusal = this.#refuse(meteringAway(cause), FAILED_MS);
    }
  }

  #refuse(error: AppError, forMs: number) {
    return { error, until: this.#parts.monotonicNow() + forMs };
  }

  #exhausted({ period }: Lease): AppError {
    return new AppError("QUOTA_EXCEEDED", {
      retryAfterMs: Math.max(0, period.endMs - this.#parts.now()),
      metadata: { [VIOLATED_POLICY]: "month" },
    });
  }
}

function meteringAway(cause?: unknown): AppError {
  return new AppError("METERING_UNAVAILABLE", {
    message: "the quota cannot be checked for the moment",
    retryAfterMs: 1_000,
    cause,
  });
}
