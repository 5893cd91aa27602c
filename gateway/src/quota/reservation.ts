import type { Period } from "@geomesh/terms/period";
import type { Lease } from "./lease.ts";

/** Units that one request may use. It is settled exactly once, after its record has a sequence. */
export interface Reservation {
  /** 0 where a soft plan continues without a lease. */
  readonly leaseNumber: bigint;
  /** When the units were taken, in milliseconds since 1970 UTC; the time of the usage record. */
  readonly timeMs: number;
  /** Units of the plan in a month. */
  readonly limit: bigint;
  /** Units left in the month, as far as this gateway knows. */
  readonly remaining: bigint;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** Gives back the units that were not used. `sequence` is the record's; 0 when nothing was recorded. */
  settle(unitsUsed: number, sequence: bigint): void;
}

/** A reservation of units of a lease. */
export class LeasedReservation implements Reservation {
  readonly #lease: Lease;
  readonly #units: bigint;
  readonly timeMs: number;

  constructor(lease: Lease, units: bigint, timeMs: number) {
    lease.spent += units;
    lease.underWay += 1;
    this.#lease = lease;
    this.#units = units;
    this.timeMs = timeMs;
  }

  get leaseNumber(): bigint {
    return this.#lease.leaseNumber;
  }

  get limit(): bigint {
    return this.#lease.limit;
  }

  get remaining(): bigint {
    return this.#lease.free + this.#lease.remainingElsewhere;
  }

  get periodStartMs(): number {
    return this.#lease.period.startMs;
  }

  get periodEndMs(): number {
    return this.#lease.period.endMs;
  }

  settle(unitsUsed: number, sequence: bigint): void {
    const lease = this.#lease;
    lease.spent -= this.#units - BigInt(unitsUsed);
    lease.underWay -= 1;
    if (sequence > lease.lastSequence) lease.lastSequence = sequence;
  }
}

/** A reservation without a lease, for a soft plan while metering is unavailable: its units are billed as overage. */
export function unleased(limit: bigint, period: Period, timeMs: number): Reservation {
  return {
    leaseNumber: 0n,
    timeMs,
    limit,
    remaining: 0n,
    periodStartMs: period.startMs,
    periodEndMs: period.endMs,
    settle: () => undefined,
  };
}
