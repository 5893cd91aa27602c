/** What a client of streams is told, as JSON on its standard input. */
export interface StreamPlan {
  readonly port: number;
  readonly path: string;
  readonly key: string;
  /** So many of `addresses()` are asked for. */
  readonly count: number;
  /** How long it stops to read after a quarter of the answers; 0 for not at all. */
  readonly stopSeconds: number;
}

/** What one stream came to, as JSON on standard output. */
export interface StreamOutput {
  /** Each the location of its address, in order. */
  readonly answers: number;
  /** From the request to the last answer, without the stop. */
  readonly seconds: number;
  /** What the system took of the request while nothing was read, in bytes. */
  readonly acceptedBytes: number;
  /** Of the client itself. */
  readonly cpuSeconds: number;
}
