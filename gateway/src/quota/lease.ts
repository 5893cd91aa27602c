import type { Period } from "@geomesh/terms/period";

/** Share of a lease's lifetime that is not used, so that the gateway always stops before the server does. */
const MARGIN = 0.2;

/** Units leased by metering for one account and one month. Its times are of the monotonic clock, in milliseconds. */
export class Lease {
  readonly leaseNumber: bigint;
  readonly period: Period;
  /** All units ever granted under this number. */
  granted = 0n;
  /** Units taken and not given back. */
  spent = 0n;
  /** Reservations that have not been settled. */
  underWay = 0;
  /** The last record that may have spent from it. */
  lastSequence = 0n;
  /** Units of the plan. */
  limit = 0n;
  /** Units that metering had left for anyone at the last grant. */
  remainingElsewhere = 0n;
  #freeAtGrant = 0n;
  #expiresAtMs = Number.NEGATIVE_INFINITY;
  #renewAtMs = Number.NEGATIVE_INFINITY;

  constructor(leaseNumber: bigint, period: Period) {
    this.leaseNumber = leaseNumber;
    this.period = period;
  }

  /** Units that were granted and are not taken, whether or not the lease has expired. */
  get free(): bigint {
    return this.granted - this.spent;
  }

  /** Units that may be taken at a moment. */
  usable(monotonicMs: number): bigint {
    return this.isExpired(monotonicMs) ? 0n : this.free;
  }

  /** True from four fifths of its life on. */
  isExpired(monotonicMs: number): boolean {
    return monotonicMs >= this.#expiresAtMs;
  }

  /** True when half of its units or half of its usable life is over. */
  wantsRenewal(monotonicMs: number): boolean {
    return monotonicMs >= this.#renewAtMs || this.free * 2n < this.#freeAtGrant;
  }

  /** Takes over what metering granted. The life counts from the sending of the request: the server counts from later. */
  grant(unitsGranted: bigint, sentAtMs: number, lifetimeMs: number): void {
    this.granted = unitsGranted;
    this.#freeAtGrant = this.free;
    const usableMs = lifetimeMs * (1 - MARGIN);
    this.#expiresAtMs = sentAtMs + usableMs;
    this.#renewAtMs = sentAtMs + usableMs / 2;
  }
}
