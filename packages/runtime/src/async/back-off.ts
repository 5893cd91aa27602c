/** How long the waits are. */
export interface BackOffOptions {
  /** The first wait, in milliseconds. */
  readonly minMs: number;
  /** The longest wait, in milliseconds. */
  readonly maxMs: number;
  /** Share of a wait by which it varies at random, so that many who failed together do not retry together; default 0. */
  readonly jitter?: number;
}

/** Says how long to wait before each retry: `minMs` at first, then twice as long each time, up to `maxMs`. */
export class BackOff {
  readonly #options: BackOffOptions;
  #failures = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** Failures since the last reset. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and returns the wait before the next try, in milliseconds. */
  nextMs(): number {
    const { minMs, maxMs, jitter = 0 } = this.#options;
    const waitMs = Math.min(minMs * 2 ** this.#failures, maxMs);
    this.#failures += 1;
    return waitMs * (1 + jitter * (Math.random() - 0.5));
  }

  /** Begins again at `minMs`, as after a success. */
  reset(): void {
    this.#failures = 0;
  }
}
