const WINDOW_MS = 5_000;
const UNITS_MIN = 32;
const UNITS_MAX = 1_000_000;

/** Counts the units that were taken over the last five to ten seconds, to size leases by. */
export class Demand {
  readonly #unitsMin: number;
  #windowEndsAtMs = Number.NEGATIVE_INFINITY;
  #current = 0;
  #previous = 0;

  /** Each of the gateway's workers has leases of its own, which share the least size. */
  constructor(workers: number) {
    this.#unitsMin = Math.ceil(UNITS_MIN / workers);
  }

  /** Counts units that were taken at a moment of the monotonic clock. */
  count(units: number, monotonicMs: number): void {
    if (monotonicMs >= this.#windowEndsAtMs) {
      this.#previous = monotonicMs - this.#windowEndsAtMs < WINDOW_MS ? this.#current : 0;
      this.#current = 0;
      this.#windowEndsAtMs = monotonicMs + WINDOW_MS;
    }
    this.#current += units;
  }

  /**
   * The units that a lease should hold: twice those of the last windows, for room to grow. At least `burst`, at least 32
   * among all workers, which is more than one request's worth, and at most 1,000,000.
   */
  target(burst: number): bigint {
    const units = Math.max(2 * (this.#current + this.#previous), burst, this.#unitsMin);
    return BigInt(Math.min(units, UNITS_MAX));
  }
}
