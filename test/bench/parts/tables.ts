import {
  cpuUs,
  generatorShare,
  latenciesOf,
  median,
  perSecond,
  processNames,
  ratio,
} from "../figures.ts";
import type { Measured } from "../measure.ts";
import { decimal, percent, type Table, whole } from "../report.ts";

/** The rounds of one target, under the name that a table gives it. */
export interface Measurements {
  readonly name: string;
  readonly rounds: readonly Measured[];
}

/** Requests a second, latencies and CPU of some targets, compared with the first. */
export function comparison(all: readonly Measurements[]): Table {
  const [first] = all;
  return {
    columns: [
      "",
      "requests/s",
      "× first",
      "p50 ms",
      "p99 ms",
      "CPU µs/request",
      "× first",
      "generator",
    ],
    rows: all.map(({ name, rounds }) => {
      const latencies = latenciesOf(rounds);
      const base = first?.rounds ?? rounds;
      return [
        name,
        whole(perSecond(rounds)),
        ratio(rounds, base).toFixed(2),
        decimal(latencies.atMs(0.5)),
        decimal(latencies.atMs(0.99)),
        decimal(cpuUs(rounds)),
        (cpuUs(rounds) / cpuUs(base)).toFixed(2),
        percent(generatorShare(rounds)),
      ];
    }),
  };
}

/** What each process of a target costs, for each request or for each of `perRequest` things that a request asks for. */
export function costs(rounds: readonly Measured[], what: string, perRequest = 1): Table {
  const row = (name: string, of?: string) => [name, (cpuUs(rounds, of) / perRequest).toFixed(2)];
  const rows = processNames(rounds).map((name) => row(name, name));
  return { columns: ["process", `CPU µs/${what}`], rows: [...rows, row("all")] };
}

/** How many times the CPU of the second the first takes, by median of the rounds; of one process each. */
export function cpuRatio(
  rounds: readonly Measured[],
  name: string,
  others: readonly Measured[],
  other: string,
): number {
  const us = (round: Measured, of: string) => (round.cpu[of] ?? 0) / round.load.requests;
  return median(rounds.map((round, at) => us(round, name) / us(others[at] ?? round, other)));
}
