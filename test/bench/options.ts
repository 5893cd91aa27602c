/** How long a benchmark measures. */
export interface BenchOptions {
  /** Each round measures everything that is compared, in turn. */
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Keys in the table for the part `keys`. */
  readonly keys: number;
  /** Most connections of the part `connections`. */
  readonly connectionsMax: number;
}

/** For figures that are quoted. */
export const FULL: BenchOptions = {
  rounds: 5,
  seconds: 4,
  warmUpSeconds: 2,
  keys: 100_000,
  connectionsMax: 1_000,
};

/** For a first look, and for the test that every part works. */
export const QUICK: BenchOptions = {
  rounds: 1,
  seconds: 0.4,
  warmUpSeconds: 0.1,
  keys: 2_000,
  connectionsMax: 100,
};
