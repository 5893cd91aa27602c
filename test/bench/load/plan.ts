/** One request that a load generator sends. */
export interface LoadRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body makes it a POST of JSON. */
  readonly body?: string;
}

/** How hard a load generator works. */
export interface LoadShape {
  readonly connections: number;
  /** How long requests are sent. Those under way at the end are waited for. */
  readonly seconds: number;
  /**
   * Open loop: requests that are due in each second, whether or not earlier ones are answered. Undefined for the closed
   * loop, in which each connection sends its next request when the last is answered.
   */
  readonly perSecond?: number;
  /** In the closed loop, a connection that is refused with `Retry-After` waits so long. Default is to ask again at once. */
  readonly waitsAsTold?: boolean;
}

/** What one load generator is told, as JSON on its standard input. */
export interface LoadPlan extends LoadShape {
  readonly port: number;
  /** Sent in turn. */
  readonly requests: readonly LoadRequest[];
}

/** What one load generator measured, as JSON on its standard output. */
export interface LoadOutput {
  readonly requests: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** How often each status came; a connection that broke counts as `broken`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** The first answer that was not 200, as it came. */
  readonly refusal: string | undefined;
  readonly bodyBytes: number;
  readonly latencies: LatencyCounts;
  /** Of the load generator itself. */
  readonly cpuSeconds: number;
}

/** How many latencies fell into each bucket, as pairs of bucket and count. */
export type LatencyCounts = readonly (readonly [bucket: number, count: number])[];
