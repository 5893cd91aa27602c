const WINDOW_MS = 5_000;
const UNITS_MIN = 32;
const UNITS_MAX = 1_000_000;

/** Counts units over the last five to ten seconds, to size leases by. */
export class Demand {
  #windowEndsAtMs = Number.NEGATIVE_INFINITY;
  #current = 0;
  #previous = 0;

  /** Counts units that were asked for at a moment of the monotonic clock. */
  count(units: number, monotonicMs: number): void {
    if (monotonicMs >= this.#windowEndsAtMs) {
      this.#previous = monotonicMs - this.#windowEndsAtMs < WINDOW_MS ? this.#current : 0;
      this.#current = 0;
      this.#windowEndsAtMs = monotonicMs + WINDOW_MS;
    }
    this.#current += units;
  }

  /**
   * Twice the units of the last windows: room for growth. At least `unitsMin`, at least 32, which is more than one request's
   * worth, and at most 1,000,000.
   */
  unitsWanted(unitsMin: number): number {
    const wanted = Math.max(2 * (this.#current + this.#previous), unitsMin, UNITS_MIN);
    return Math.min(wanted, UNITS_MAX);
  }
}
