import { Counter, Gauge, type Metrics } from "../telemetry/metrics.ts";

interface Named {
  readonly typeName: string;
}

/** Counts what happens on the event bus. */
export interface EventMetrics {
  connected(isConnected: boolean): void;
  published(event: Named, outcome: "stored" | "duplicate" | "failed"): void;
  handled(event: Named, outcome: "ack" | "retry" | "failed"): void;
}

/** Makes the metrics of the event bus. Without a registry nothing is counted. */
export function eventMetrics(metrics: Metrics | undefined): EventMetrics {
  if (metrics === undefined) return { connected() {}, published() {}, handled() {} };
  const registers = [metrics.registry];
  const labelNames = ["event", "outcome"] as const;
  const connected = new Gauge({
    name: "events_connected",
    help: "1 while NATS is connected.",
    registers,
  });
  const published = new Counter({
    name: "events_published_total",
    help: "Events published to a stream, by outcome.",
    labelNames,
    registers,
  });
  const handled = new Counter({
    name: "events_handled_total",
    help: "Deliveries from a stream, by outcome of the handler.",
    labelNames,
    registers,
  });
  return {
    connected: (isConnected) => connected.set(isConnected ? 1 : 0),
    published: ({ typeName }, outcome) => published.inc({ event: typeName, outcome }),
    handled: ({ typeName }, outcome) => handled.inc({ event: typeName, outcome }),
  };
}
