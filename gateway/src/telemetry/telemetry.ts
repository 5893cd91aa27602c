import type { Clock } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import { registerCollected } from "@geomesh/runtime/telemetry/collected";
import type { Metrics } from "@geomesh/runtime/telemetry/metrics";
import type { AccessLog } from "./access-log.ts";
import { Failures } from "./failures.ts";
import { RequestMeters } from "./request-meters.ts";

const SECONDS = "gateway_request_seconds";

/** What telemetry works with. */
export interface TelemetryDeps {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  /** Default is none. */
  readonly accessLog?: AccessLog | undefined;
}

/** What the fronts tell of their requests. */
export interface Telemetry {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly meters: RequestMeters;
  readonly failures: Failures;
  readonly accessLog: AccessLog | undefined;
  /** Writes what waits for its line. */
  close(): void;
}

/** Creates what counts, times and logs requests, and registers what Prometheus reads of it. */
export function createTelemetry({ metrics, clock, log, accessLog }: TelemetryDeps): Telemetry {
  const meters = new RequestMeters();
  const failures = new Failures({ clock, log });
  registerCollected(metrics, {
    name: "gateway_requests_total",
    help: "Answers by operation and class of status, as HTTP has it.",
    type: "counter",
    read: () => meters.all().flatMap((meter) => meter.answers()),
  });
  registerCollected(metrics, {
    name: SECONDS,
    help: "Time from a request to its answer, by operation.",
    type: "histogram",
    read: () => meters.all().flatMap((meter) => meter.times(SECONDS)),
  });
  registerCollected(metrics, {
    name: "gateway_refusals_total",
    help: "Answers that were errors, by reason.",
    type: "counter",
    read: () => failures.refusals(),
  });
  return {
    ...{ metrics, clock, meters, failures, accessLog },
    close() {
      failures.close();
      accessLog?.close();
    },
  };
}
