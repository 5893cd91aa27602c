import { Latencies } from "./load/latencies.ts";
import type { Measured } from "./measure.ts";

/** The middle one of some values; 0 of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Requests a second, median of the rounds. */
export function perSecond(rounds: readonly Measured[]): number {
  return median(rounds.map(rateOf));
}

/** How many times as many requests a second the first has as the second, median of the ratios of each round. */
export function ratio(rounds: readonly Measured[], others: readonly Measured[]): number {
  return median(rounds.map((round, at) => rateOf(round) / rateOf(others[at] ?? round)));
}

/** Microseconds of CPU for each request: of one process, or of all without a name. Median of the rounds. */
export function cpuUs(rounds: readonly Measured[], name?: string): number {
  return median(rounds.map((round) => (cpuSeconds(round, name) / round.load.requests) * 1e6));
}

/** The share of answers that are not 200, of all rounds together. */
export function refusedShare(rounds: readonly Measured[]): number {
  const all = rounds.reduce((sum, { load }) => sum + load.requests, 0);
  const answered = rounds.reduce((sum, { load }) => sum + (load.statuses["200"] ?? 0), 0);
  return 1 - answered / all;
}

/** The names of the processes that were measured. */
export function processNames(rounds: readonly Measured[]): string[] {
  return Object.keys(rounds[0]?.cpu ?? {});
}

/** The latencies of all rounds together. */
export function latenciesOf(rounds: readonly Measured[]): Latencies {
  return Latencies.sum(rounds.map(({ load }) => load.latencies.toCounts()));
}

/** The share of one core that the load generator used: near 1 it is what limits. Largest of the rounds. */
export function generatorShare(rounds: readonly Measured[]): number {
  return Math.max(...rounds.map(({ load }) => load.cpuSeconds / load.seconds));
}

function rateOf({ load }: Measured): number {
  return load.requests / load.seconds;
}

function cpuSeconds({ cpu }: Measured, name: string | undefined): number {
  if (name !== undefined) return cpu[name] ?? 0;
  return Object.values(cpu).reduce((sum, each) => sum + each, 0);
}
