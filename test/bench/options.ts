/** How long a benchmark measures. */
export interface BenchOptions {
  /** Each round measures everything that is compared, in turn. */
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** 0 for none. */
  readonly warmUpSeconds: number;
  /** Keys in the table for the part `keys`. */
  readonly keys: number;
  /** Most connections of the part `connections`. */
  readonly connectionsMax: number;
  /** Batches under way for the part `fairness`, besides none. */
  readonly batchesUnderWay: readonly number[];
}

/** For figures that are quoted. */
export const FULL: BenchOptions = {
  rounds: 5,
  seconds: 4,
  warmUpSeconds: 2,
  keys: 100_000,
  connectionsMax: 1_000,
  batchesUnderWay: [16, 60],
};

/** For a first look. */
const QUICK: BenchOptions = { ...FULL, rounds: 2, seconds: 1, warmUpSeconds: 1, keys: 20_000 };

/** For the test that every part works: its figures say nothing. */
const SMOKE: BenchOptions = {
  rounds: 1,
  seconds: 0.1,
  warmUpSeconds: 0,
  keys: 1_000,
  connectionsMax: 64,
  batchesUnderWay: [2],
};

/** What a flag of the command chooses; without one it is FULL. */
export const FLAGS: ReadonlyMap<string, BenchOptions> = new Map([
  ["--quick", QUICK],
  ["--smoke", SMOKE],
]);
