import { Counter, type Metrics } from "@geomesh/runtime/telemetry/metrics";
import type { BlockOutcome } from "./intake/count-block.ts";

/** What the usage consumer counts. */
export interface MeteringMetrics {
  /** `misplaced` blocks were set aside without a place in any gateway's sequence. */
  countBlock(outcome: BlockOutcome | "misplaced"): void;
}

/** Registers metering's own metrics. */
export function createMeteringMetrics({ registry }: Metrics): MeteringMetrics {
  const blocks = new Counter({
    name: "metering_blocks_total",
    help: "Blocks of usage by what became of them.",
    labelNames: ["outcome"],
    registers: [registry],
  });
  return { countBlock: (outcome) => blocks.inc({ outcome }) };
}
