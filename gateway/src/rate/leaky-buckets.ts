/** How fast requests drain, and how many may come at once. */
export interface Limits {
  readonly requestsPerMs: number;
  readonly burst: number;
}

/** Where one bucket stands. Times are in milliseconds. */
export interface Standing {
  readonly allowed: boolean;
  /** Requests that may be sent at once. */
  readonly limit: number;
  /** Requests that may still be sent at once after this one. */
  readonly remaining: number;
  /** Time in which the rate restores the whole limit. */
  readonly windowMs: number;
  /** Time until the whole limit is available again. */
  readonly resetMs: number;
  /** Time until one request is allowed; 0 when it is. */
  readonly retryAfterMs: number;
}

/** Requests that were charged and have not drained yet, as of a moment of the monotonic clock. */
interface Bucket {
  readonly level: number;
  readonly atMs: number;
  /** When all will have drained, at the rate of that moment. */
  readonly emptyAtMs: number;
}

/**
 * Leaky buckets by id: requests fill a bucket, time drains it, and its size is the burst. That is the generic cell rate
 * algorithm counted in requests, so that other limits take effect at once. A bucket that is empty takes no memory.
 */
export class LeakyBuckets {
  readonly #entriesMax: number;
  readonly #buckets = new Map<string, Bucket>();
  #sweep = this.#buckets.entries();

  /** `entriesMax` buckets may be filled at once; while so many are, other ids are refused. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** Tells whether one more request is allowed, and charges nothing. */
  test(id: string, { requestsPerMs, burst }: Limits, monotonicMs: number): Standing {
    const bucket = this.#buckets.get(id);
    const level = levelOf(bucket, requestsPerMs, monotonicMs);
    if (bucket === undefined && this.#isFull()) this.#forgetDrained(monotonicMs);
    const hasRoom = bucket !== undefined || !this.#isFull();
    const allowed = hasRoom && level + 1 <= burst;
    return {
      allowed,
      limit: burst,
      windowMs: burst / requestsPerMs,
      remaining: allowed ? Math.floor(burst - level - 1) : 0,
      resetMs: (level + (allowed ? 1 : 0)) / requestsPerMs,
      retryAfterMs: allowed ? 0 : Math.max(1, (level + 1 - burst) / requestsPerMs),
    };
  }

  /** Charges one request. */
  charge(id: string, { requestsPerMs }: Limits, monotonicMs: number): void {
    const bucket = this.#buckets.get(id);
    // A clock that went back must not let the same time drain twice.
    const atMs = Math.max(monotonicMs, bucket?.atMs ?? Number.NEGATIVE_INFINITY);
    const level = levelOf(bucket, requestsPerMs, atMs) + 1;
    this.#buckets.set(id, { level, atMs, emptyAtMs: atMs + level / requestsPerMs });
    this.#forgetDrained(atMs);
  }

  #isFull(): boolean {
    return this.#buckets.size >= this.#entriesMax;
  }

  /** Looks at two buckets of the round over all: as each call adds at most one, that keeps up with any growth. */
  #forgetDrained(monotonicMs: number): void {
    for (let looked = 0; looked < 2; looked++) {
      const [id, bucket] = this.#nextOfSweep() ?? [];
      if (id === undefined || bucket === undefined) continue;
      if (bucket.emptyAtMs <= monotonicMs) this.#buckets.delete(id);
    }
  }

  #nextOfSweep(): [string, Bucket] | undefined {
    const next = this.#sweep.next();
    if (!next.done) return next.value;
    this.#sweep = this.#buckets.entries();
    return this.#sweep.next().value;
  }
}

function levelOf(bucket: Bucket | undefined, requestsPerMs: number, monotonicMs: number): number {
  if (bucket === undefined) return 0;
  return Math.max(0, bucket.level - Math.max(0, monotonicMs - bucket.atMs) * requestsPerMs);
}
