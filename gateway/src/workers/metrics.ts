import { Counter, Gauge, type Metrics } from "@geomesh/runtime/telemetry/metrics";

/** Registers what Prometheus reads of the workers, and returns what counts a restart. */
export function countWorkers({ registry }: Metrics, accepting: () => number): () => void {
  new Gauge({
    name: "gateway_workers",
    help: "Workers that take connections.",
    registers: [registry],
    collect() {
      this.set(accepting());
    },
  });
  const restarts = new Counter({
    name: "gateway_worker_restarts_total",
    help: "Restarts of workers that ended without being asked to.",
    registers: [registry],
  });
  return () => restarts.inc();
}
