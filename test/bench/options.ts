/** Batches that one account keeps under way. */
export interface Crowd {
  readonly batches: number;
  /** Whether a batch that is refused waits as `Retry-After` says, or is sent again at once. */
  readonly waitsAsTold: boolean;
}

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
  /** Keys in the table of the part `cold-keys`. */
  readonly coldKeys: number;
  /** Most connections of the part `connections`. */
  readonly connectionsMax: number;
  /** What the other account does in the part `fairness`, besides nothing. */
  readonly crowds: readonly Crowd[];
  /** Addresses of each stream of the part `stream`, in thousands. */
  readonly streamThousands: number;
  /** How long the reader of the part `stream` stops, in seconds. */
  readonly stopSeconds: number;
}

/** For figures that are quoted. */
export const FULL: BenchOptions = {
  rounds: 5,
  seconds: 4,
  warmUpSeconds: 2,
  keys: 100_000,
  coldKeys: 1_000_000,
  connectionsMax: 1_000,
  crowds: [
    { batches: 16, waitsAsTold: true },
    { batches: 60, waitsAsTold: true },
    { batches: 60, waitsAsTold: false },
  ],
  streamThousands: 1_000,
  stopSeconds: 5,
};

/** For a first look. */
const QUICK: BenchOptions = {
  ...FULL,
  rounds: 2,
  seconds: 1,
  warmUpSeconds: 1,
  keys: 20_000,
  coldKeys: 100_000,
  streamThousands: 100,
};

/** For the test that every part works: its figures say nothing. */
const SMOKE: BenchOptions = {
  rounds: 1,
  seconds: 0.1,
  warmUpSeconds: 0,
  keys: 1_000,
  coldKeys: 1_000,
  connectionsMax: 64,
  crowds: [{ batches: 2, waitsAsTold: true }],
  streamThousands: 2,
  stopSeconds: 0.2,
};

/** What a flag of the command chooses; without one it is FULL. */
export const FLAGS: ReadonlyMap<string, BenchOptions> = new Map([
  ["--quick", QUICK],
  ["--smoke", SMOKE],
]);
