import { Counter, type Metrics } from "@geomesh/runtime/telemetry/metrics";
import type { UsageOutcome } from "./intake/take-block.ts";

/** The metrics of metering beside those of every process. */
export interface MeteringMetrics {
  countBlock(outcome: UsageOutcome): void;
}

/** Registers metering's own metrics. */
export function createMeteringMetrics({ registry }: Metrics): MeteringMetrics {
  const blocks = new Counter({
    name: "metering_blocks_total",
    help: "Usage blocks by outcome.",
    labelNames: ["outcome"],
    registers: [registry],
  });
  return { countBlock: (outcome) => blocks.inc({ outcome }) };
}
