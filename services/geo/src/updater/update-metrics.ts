import type { Metrics } from "@geomesh/runtime/telemetry/metrics";
import { Gauge } from "prom-client";
import type { StateFile } from "./state-file.ts";

/** Adds the metrics of what is kept current. Their values are read at each scrape. */
export function addUpdateMetrics(
  { registry }: Metrics,
  { ids, states }: { readonly ids: readonly string[]; readonly states: StateFile },
): void {
  const registers = [registry];
  const labelNames = ["source"];
  new Gauge({
    name: "geo_update_success_time_seconds",
    help: "When a download last succeeded, also without anything new, in seconds of Unix time; 0 if none did.",
    labelNames,
    registers,
    collect() {
      for (const source of ids) {
        this.set({ source }, (states.get(source).successMs ?? 0) / 1000);
      }
    },
  });
  new Gauge({
    name: "geo_update_failures",
    help: "How many tries to download have failed since the last success.",
    labelNames,
    registers,
    collect() {
      for (const source of ids) this.set({ source }, states.get(source).failures);
    },
  });
}
