const WINDOW_MS = 5_000;
const UNITS_MIN = 32;
const UNITS_MAX = 1_000_000;

/** Counts units over the last five to ten seconds, to size leases by. */
export class Demand {
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #current = 0;
  #previous = 0;

  count(units: number, now: number): void {
    if (now >= this.#windowEndsAt) {
      this.#previous = now - this.#windowEndsAt < WINDOW_MS ? this.#current : 0;
      this.#current = 0;
      this.#windowEndsAt = now + WINDOW_MS;
    }
    this.#current += units;
  }

  /** Twice what was used of late: enough for growth, bounded, and never so little that a lease lasts for one request. */
  get unitsWanted(): number {
    return Math.min(Math.max(2 * (this.#current + this.#previous), UNITS_MIN), UNITS_MAX);
  }
}
