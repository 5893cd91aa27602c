import type { LatencyCounts } from "./plan.ts";

/** 64 buckets for each doubling, so that a bucket is at most 1.6 % wide. */
const SUB_BITS = 6;
const SUB_BUCKETS = 2 ** SUB_BITS;
const EXPONENTS = 32;

/** Counts latencies in buckets that grow with the latency, so that any number of them takes 17 KiB and can be added up. */
export class Latencies {
  readonly #counts = new Float64Array(SUB_BUCKETS * EXPONENTS);
  #total = 0;
  #maxUs = 0;

  /** Adds up what several load generators counted. */
  static sum(all: readonly LatencyCounts[]): Latencies {
    const sum = new Latencies();
    for (const counts of all) for (const [bucket, count] of counts) sum.#add(bucket, count);
    return sum;
  }

  /** Counts one latency, in milliseconds. */
  count(ms: number): void {
    this.#add(bucketOf(Math.max(0, Math.round(ms * 1000))), 1);
  }

  /** The counted latency in milliseconds below which this share of all are, such as 0.99; 0 where none is counted. */
  atMs(share: number): number {
    const wanted = share * this.#total;
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (count > 0 && seen >= wanted) return upperUs(bucket) / 1000;
    }
    return 0;
  }

  get maxMs(): number {
    return this.#maxUs / 1000;
  }

  /** What is counted, in a form that survives JSON. */
  toCounts(): LatencyCounts {
    return [...this.#counts.entries()].filter(([, count]) => count > 0);
  }

  #add(bucket: number, count: number): void {
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#total += count;
    this.#maxUs = Math.max(this.#maxUs, upperUs(bucket));
  }
}

function bucketOf(us: number): number {
  if (us < SUB_BUCKETS) return us;
  const exponent = Math.min(31 - Math.clz32(us) - SUB_BITS + 1, EXPONENTS - 1);
  return exponent * SUB_BUCKETS + ((us >>> (exponent - 1)) - SUB_BUCKETS);
}

/** The largest latency of a bucket, in microseconds. */
function upperUs(bucket: number): number {
  const exponent = Math.floor(bucket / SUB_BUCKETS);
  const offset = bucket % SUB_BUCKETS;
  return exponent === 0 ? offset : (SUB_BUCKETS + offset + 1) * 2 ** (exponent - 1) - 1;
}
