import type { Metrics } from "@geomesh/runtime/telemetry/metrics";
import { Counter, Gauge } from "prom-client";
import type { LiveComposer } from "./live/live-composer.ts";

/** Tells the operator what is in force. Values are read when they are asked for. */
export function addDatasetMetrics({ registry }: Metrics, live: LiveComposer): void {
  const registers = [registry];
  new Gauge({
    name: "geo_dataset_build_time_seconds",
    help: "Unix time at which each dataset in force was built.",
    labelNames: ["dataset", "type"],
    registers,
    collect() {
      this.reset();
      for (const { name, type, buildTime } of live.facts()) {
        this.set({ dataset: name, type }, buildTime.getTime() / 1000);
      }
    },
  });
  new Gauge({
    name: "geo_dataset_contradictory_records",
    help: "Records of each dataset in force with a doubtful field, which is answered as unknown.",
    labelNames: ["dataset", "field"],
    registers,
    collect() {
      this.reset();
      for (const { name, contradictions } of live.facts()) {
        for (const [field, count] of Object.entries(contradictions)) {
          this.set({ dataset: name, field }, count);
        }
      }
    },
  });
  new Gauge({
    name: "geo_dataset_refused",
    help: "1 for each dataset file that is refused as it is now.",
    labelNames: ["dataset"],
    registers,
    collect() {
      this.reset();
      for (const { name } of live.refused()) this.set({ dataset: name }, 1);
    },
  });
  new Gauge({
    name: "geo_operator_files_refused",
    help: "Overrides and security lists that are refused as they are now.",
    registers,
    collect() {
      this.set(live.warnings().length);
    },
  });
}

/** Counts the addresses that were asked for. */
export function lookupCounter({ registry }: Metrics): Counter {
  return new Counter({
    name: "geo_addresses_total",
    help: "Addresses asked for, by unary call, in batches and in frames.",
    registers: [registry],
  });
}
