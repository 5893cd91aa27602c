import type { Period } from "@geomesh/terms/period";

/** Share of a lease's lifetime that is not used, so that the gateway always stops before the server does. */
const MARGIN = 0.2;

/** Units lent by metering for one account and one month. Times are monotonic milliseconds. */
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
  #expiresAt = Number.NEGATIVE_INFINITY;
  #renewAt = Number.NEGATIVE_INFINITY;

  constructor(leaseNumber: bigint, period: Period) {
    this.leaseNumber = leaseNumber;
    this.period = period;
  }

  get free(): bigint {
    return this.granted - this.spent;
  }

  usable(now: number): bigint {
    return this.isExpired(now) ? 0n : this.free;
  }

  isExpired(now: number): boolean {
    return now >= this.#expiresAt;
  }

  /** Half of its units or half of its life is over. */
  wantsRenewal(now: number): boolean {
    return now >= this.#renewAt || this.free * 2n < this.#freeAtGrant;
  }

  /** Takes over what metering granted. The life counts from the sending of the request: the server counts from later. */
  grant(unitsGranted: bigint, sentAt: number, lifetimeMs: number): void {
    this.granted = unitsGranted;
    this.#freeAtGrant = this.free;
    const usableMs = lifetimeMs * (1 - MARGIN);
    this.#expiresAt = sentAt + usableMs;
    this.#renewAt = sentAt + usableMs / 2;
  }
}
