import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import type { Period } from "@geomesh/terms/period";

/** Share of a lease's lifetime that is not used, so that the gateway always stops before the server does. */
const MARGIN = 0.2;

/** What metering tells of a quota when it is asked for units of it. */
export interface QuotaState {
  /** Units of the plan. */
  readonly limit: bigint;
  /** What happens at its end. */
  readonly quotaMode: QuotaMode;
  /** Units of the month that are known to be used, without those of this lease. */
  readonly usedElsewhere: bigint;
}

/** When a request was sent, by both clocks, in milliseconds. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * Units leased by metering for one account and one month. Its age is the larger of what both clocks say: the monotonic one
 * of a machine that is suspended stands still, and the wall clock may be set back.
 */
export class Lease {
  readonly leaseNumber: bigint;
  readonly period: Period;
  /** All units ever granted under this number. */
  granted = 0n;
  /** Units taken and not given back. */
  spent = 0n;
  /** Reservations that have not been settled, and their units. */
  underWay = 0;
  unitsUnderWay = 0n;
  /** Units that were used without a lease since metering last told of the quota. */
  unleased = 0n;
  /** True once metering was asked for units under this number. */
  isKnown = false;
  /** The last record that may have spent from it. */
  lastSequence = 0n;
  #quota: QuotaState | undefined;
  /** Units that may be taken of it in all: those granted, or fewer where a hard plan has become smaller since. */
  #spendable = 0n;
  #freeAtGrant = 0n;
  #expiresAt: Moment = { monotonicMs: Number.NEGATIVE_INFINITY, wallMs: Number.NEGATIVE_INFINITY };
  #renewAtMs = Number.NEGATIVE_INFINITY;

  constructor(leaseNumber: bigint, period: Period) {
    this.leaseNumber = leaseNumber;
    this.period = period;
  }

  /** Units that may be taken, whether or not the lease has expired. */
  get free(): bigint {
    const free = this.#spendable - this.spent;
    return free > 0n ? free : 0n;
  }

  /** Units of the plan; undefined until metering has told. */
  get limit(): bigint | undefined {
    return this.#quota?.limit;
  }

  /** Units of the month that are left for everyone, as far as this gateway knows; 0 until metering has told. */
  get remaining(): bigint {
    return this.#leftAfter(this.spent);
  }

  /** The same, with what batches under way may give back: of each, all units but one. */
  get remainingAtMost(): bigint {
    return this.#leftAfter(this.spent - this.unitsUnderWay + BigInt(this.underWay));
  }

  /** Units that may be taken at a moment. */
  usable(monotonicMs: number, wallMs: number): bigint {
    return this.isExpired(monotonicMs, wallMs) ? 0n : this.free;
  }

  /** Units that are missing for a request for so many, once the lease is renewed. */
  lack(units: bigint): bigint {
    const lack = units - this.free;
    return lack > 0n ? lack : 0n;
  }

  /** True from four fifths of its life on, by either clock. */
  isExpired(monotonicMs: number, wallMs: number): boolean {
    return monotonicMs >= this.#expiresAt.monotonicMs || wallMs >= this.#expiresAt.wallMs;
  }

  /** True when half of its units or half of its usable life is over. */
  wantsRenewal(monotonicMs: number): boolean {
    return monotonicMs >= this.#renewAtMs || this.free * 2n < this.#freeAtGrant;
  }

  /** Takes over where the quota stands. */
  hear({ limit, quotaMode, usedElsewhere }: QuotaState): void {
    this.#quota = { limit, quotaMode, usedElsewhere };
    this.unleased = 0n;
    this.#limitSpending();
  }

  /** Takes over what metering granted. The life counts from the sending of the request: the server counts from later. */
  grant(unitsGranted: bigint, sentAt: Moment, lifetimeMs: number): void {
    this.granted = unitsGranted;
    this.#limitSpending();
    this.#freeAtGrant = this.free;
    const usableMs = lifetimeMs * (1 - MARGIN);
    this.#expiresAt = {
      monotonicMs: sentAt.monotonicMs + usableMs,
      wallMs: sentAt.wallMs + usableMs,
    };
    this.#renewAtMs = sentAt.monotonicMs + usableMs / 2;
  }

  /** A lease is within the quota by which it was granted; by a smaller one of now, only a part of it may be left. */
  #limitSpending(): void {
    this.#spendable = this.granted;
    if (this.#quota?.quotaMode !== QuotaMode.HARD) return;
    const left = this.#quota.limit - this.#quota.usedElsewhere;
    if (left < this.granted) this.#spendable = left;
  }

  #leftAfter(spent: bigint): bigint {
    if (this.#quota === undefined) return 0n;
    const { limit, usedElsewhere } = this.#quota;
    const left = limit - usedElsewhere - spent - this.unleased;
    return left > 0n ? left : 0n;
  }
}
