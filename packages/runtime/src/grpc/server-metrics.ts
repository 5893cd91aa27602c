import { status } from "@grpc/grpc-js";
import type { Clock } from "../clock.ts";
import { Counter, Histogram, type Metrics } from "../telemetry/metrics.ts";

/** Starts the timer of a call; the function that it returns records the end. */
export type CallTimer = () => (code: status) => void;

/** Counts calls by method and code, and times all but bidirectional and unbounded ones, whose duration means nothing. */
export class ServerMetrics {
  readonly #clock: Clock;
  readonly #handled: Counter<"method" | "code">;
  readonly #seconds: Histogram<"method">;

  constructor({ registry }: Metrics, clock: Clock) {
    this.#clock = clock;
    this.#handled = new Counter({
      name: "grpc_server_handled_total",
      help: "Calls that ended, by method and status code.",
      labelNames: ["method", "code"],
      registers: [registry],
    });
    this.#seconds = new Histogram({
      name: "grpc_server_handling_seconds",
      help: "Time from a call's start to its end, without streams that have no end of their own.",
      labelNames: ["method"],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
  }

  /** The timer of a method's calls; with `timed` false they are only counted. */
  timerOf(method: string, timed: boolean): CallTimer {
    const seconds = timed ? this.#seconds.labels(method) : undefined;
    return () => {
      const startedMs = this.#clock.monotonicMs();
      return (code) => {
        this.#handled.inc({ method, code: status[code] });
        seconds?.observe((this.#clock.monotonicMs() - startedMs) / 1000);
      };
    };
  }
}
