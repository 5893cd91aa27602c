import type { Lease } from "./lease.ts";

/** Units that one request may use. It is settled exactly once, after its record has a sequence. */
export interface Reservation {
  /** 0 where a soft plan continues without a lease, and where the request costs nothing. */
  readonly leaseNumber: bigint;
  /** When the units were taken, in milliseconds since 1970 UTC; the time of the usage record. */
  readonly timeMs: number;
  /** Units of the plan in a month. */
  readonly limit: bigint;
  /** Units left in the month for everyone, as far as this gateway knows. */
  readonly remaining: bigint;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** Gives back the units that were not used. `sequence` is the record's; 0 when nothing was recorded. */
  settle(unitsUsed: number, sequence: bigint): void;
}

abstract class OfLease {
  readonly timeMs: number;
  protected readonly lease: Lease;

  constructor(lease: Lease, timeMs: number) {
    this.lease = lease;
    this.timeMs = timeMs;
  }

  get remaining(): bigint {
    return this.lease.remaining;
  }

  get periodStartMs(): number {
    return this.lease.period.startMs;
  }

  get periodEndMs(): number {
    return this.lease.period.endMs;
  }
}

/** A reservation of units of a lease. */
export class LeasedReservation extends OfLease implements Reservation {
  readonly #units: bigint;

  constructor(lease: Lease, units: bigint, timeMs: number) {
    super(lease, timeMs);
    lease.spent += units;
    lease.underWay += 1;
    lease.unitsUnderWay += units;
    this.#units = units;
  }

  get leaseNumber(): bigint {
    return this.lease.leaseNumber;
  }

  get limit(): bigint {
    return this.lease.limit ?? 0n;
  }

  settle(unitsUsed: number, sequence: bigint): void {
    const { lease } = this;
    lease.spent -= this.#units - BigInt(unitsUsed);
    lease.underWay -= 1;
    lease.unitsUnderWay -= this.#units;
    if (sequence > lease.lastSequence) lease.lastSequence = sequence;
  }
}

/**
 * A reservation of no unit: for a request that costs nothing, and for a soft plan while metering is unavailable, whose
 * units are billed as overage where the quota is used up. The lease is the one that the month has here, or would have.
 */
export class UnleasedReservation extends OfLease implements Reservation {
  readonly leaseNumber = 0n;
  readonly #planUnits: bigint;

  /** `planUnits` is the limit until metering has told one. */
  constructor(lease: Lease, planUnits: bigint, timeMs: number) {
    super(lease, timeMs);
    this.#planUnits = planUnits;
  }

  get limit(): bigint {
    return this.lease.limit ?? this.#planUnits;
  }

  settle(unitsUsed: number): void {
    this.lease.unleased += BigInt(unitsUsed);
  }
}
