import type { Sample } from "@geomesh/runtime/telemetry/collected";

/** Upper bounds of the buckets, in milliseconds. */
const BOUNDS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;
const STATUS_CLASSES = [1, 2, 3, 4, 5] as const;

/** Counts and times the answers of one operation. Counting makes no object and looks nothing up. */
export class RequestMeter {
  readonly operation: string;
  /** Answers by the first digit of their status. */
  readonly #answers = new Float64Array(STATUS_CLASSES.length + 1);
  /** Answers by their time, the last of those that took longer than every bound. */
  readonly #times = new Float64Array(BOUNDS_MS.length + 1);
  #sumMs = 0;

  constructor(operation: string) {
    this.operation = operation;
  }

  /** Counts an answer with its status, from 100 to 599, and the milliseconds from the request to it. */
  count(status: number, ms: number): void {
    const first = (status / 100) | 0;
    this.#answers[first] = (this.#answers[first] ?? 0) + 1;
    let at = 0;
    while (at < BOUNDS_MS.length && ms > (BOUNDS_MS[at] as number)) at += 1;
    this.#times[at] = (this.#times[at] ?? 0) + 1;
    this.#sumMs += ms;
  }

  /** Answers by operation and class of status, those that there were. */
  answers(): Sample[] {
    return STATUS_CLASSES.map((first) => ({
      labels: { operation: this.operation, status: `${first}xx` },
      value: this.#answers[first] ?? 0,
    })).filter(({ value }) => value > 0);
  }

  /** Their times as a histogram of this name, in seconds; nothing while there were none. */
  times(name: string): Sample[] {
    const { operation } = this;
    const count = this.#times.reduce((sum, each) => sum + each, 0);
    if (count === 0) return [];
    let below = 0;
    const buckets = BOUNDS_MS.map((boundMs, at) => {
      below += this.#times[at] ?? 0;
      return {
        metricName: `${name}_bucket`,
        labels: { le: boundMs / 1_000, operation },
        value: below,
      };
    });
    const labels = { operation };
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { le: "+Inf", operation }, value: count },
      { metricName: `${name}_sum`, labels, value: this.#sumMs / 1_000 },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/** The meters of all operations. */
export class RequestMeters {
  readonly #meters = new Map<string, RequestMeter>();
  /** Of what is no operation: unknown paths, and what is refused before its path is looked at. */
  readonly unrouted = this.of("none");

  /** The meter of an operation. To be called once for each, where routes are made, and not for each request. */
  of(operation: string): RequestMeter {
    const known = this.#meters.get(operation);
    if (known !== undefined) return known;
    const meter = new RequestMeter(operation);
    this.#meters.set(operation, meter);
    return meter;
  }

  /** All of them. */
  all(): readonly RequestMeter[] {
    return [...this.#meters.values()];
  }
}
