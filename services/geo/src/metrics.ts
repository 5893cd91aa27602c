import type { Clock } from "@geomesh/runtime/clock";
import type { Metrics } from "@geomesh/runtime/telemetry/metrics";
import { Counter, Gauge } from "prom-client";
import { isStale } from "./datasets/stale.ts";
import type { LiveComposer } from "./live/live-composer.ts";

/** Adds the metrics of the datasets and operator files. Their values are read at each scrape. */
export function addDatasetMetrics(
  { registry }: Metrics,
  { live, clock }: { readonly live: LiveComposer; readonly clock: Clock },
): void {
  const registers = [registry];
  new Gauge({
    name: "geo_dataset_build_time_seconds",
    help: "Build time of each serving dataset, in seconds of Unix time.",
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
    name: "geo_dataset_stale",
    help: "1 for each serving dataset that is more than 30 days old, 0 for the others.",
    labelNames: ["dataset", "type"],
    registers,
    collect() {
      this.reset();
      for (const facts of live.facts()) {
        const { name: dataset, type } = facts;
        this.set({ dataset, type }, isStale(facts, clock.wallMs()) ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: "geo_dataset_contradictory_records",
    help: "Records of each serving dataset with a doubtful field, which is answered as unknown.",
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
    name: "geo_dataset_unusable_records",
    help: "Records of each serving dataset with a value that cannot be right for its field, which is answered as unknown.",
    labelNames: ["dataset"],
    registers,
    collect() {
      this.reset();
      for (const { name, unusableRecords } of live.facts()) {
        this.set({ dataset: name }, unusableRecords);
      }
    },
  });
  new Gauge({
    name: "geo_dataset_refused",
    help: "1 for each dataset file that is refused.",
    labelNames: ["dataset"],
    registers,
    collect() {
      this.reset();
      for (const { name } of live.refused()) this.set({ dataset: name }, 1);
    },
  });
  new Gauge({
    name: "geo_operator_files_refused",
    help: "How many of the overrides and the security lists are refused.",
    registers,
    collect() {
      this.set(live.warnings().length);
    },
  });
}

/** Adds the counter of addresses that were asked for. */
export function lookupCounter({ registry }: Metrics): Counter {
  return new Counter({
    name: "geo_addresses_total",
    help: "Addresses asked for in single calls, batches and frames.",
    registers: [registry],
  });
}
