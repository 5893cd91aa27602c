import process from "node:process";
import type { Answer } from "./answer-reader.ts";
import { Latencies } from "./latencies.ts";
import type { LoadOutput } from "./plan.ts";

const BROKEN = "broken";

/** Counts what a load generator sees from now on. */
export class Tally {
  readonly #startedAtMs = performance.now();
  readonly #cpuBefore = process.cpuUsage();
  readonly #statuses: Record<string, number> = {};
  readonly #latencies = new Latencies();
  #requests = 0;
  #refusal: string | undefined;
  #bodyBytes = 0;

  /** Counts an answer, or undefined for a connection that broke, `ms` milliseconds after its request was due. */
  count(answer: Answer | undefined, ms: number): void {
    const status = answer?.status ?? BROKEN;
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    this.#latencies.count(ms);
    this.#requests += 1;
    this.#refusal ??= answer?.text;
    this.#bodyBytes += answer?.bodyBytes ?? 0;
  }

  /** What was counted until now. */
  output(): LoadOutput {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      requests: this.#requests,
      seconds: (performance.now() - this.#startedAtMs) / 1000,
      statuses: this.#statuses,
      refusal: this.#refusal,
      bodyBytes: this.#bodyBytes,
      latencies: this.#latencies.toCounts(),
      cpuSeconds: (user + system) / 1e6,
    };
  }
}
