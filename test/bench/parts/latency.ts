import { latenciesOf, perSecond } from "../figures.ts";
import type { Measured, Target, Trial } from "../measure.ts";
import { measureInTurn } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { decimal, type Report, whole } from "../report.ts";
import type { Part, PartDeps } from "./part.ts";
import { startSingles } from "./singles.ts";

const CONNECTIONS = 128;
const SHARE_OF_PEAK = 0.5;

/** Latency in an open loop at half of the peak of each, which is measured first. */
export const benchLatency: Part = async (deps, options) => {
  const singles = await startSingles(deps.mesh);
  try {
    const targets = [singles.bare, singles.mesh];
    const peaks = await peaksOf(deps, targets, options);
    const trials: Trial[] = targets.map((target, at) => ({
      target,
      shape: { connections: CONNECTIONS, perSecond: (peaks[at] ?? 0) * SHARE_OF_PEAK },
    }));
    // The mesh at its own half, and the bare server at the same rate, so that there is a like to compare with.
    const atMesh: Trial = { target: singles.bare, shape: trials[1]?.shape ?? { connections: 1 } };
    const rounds = await measureInTurn(deps.generators, [...trials, atMesh], options);
    return report(peaks, rounds);
  } finally {
    await singles.bare.close();
  }
};

async function peaksOf(
  { generators }: PartDeps,
  targets: readonly Target[],
  options: BenchOptions,
): Promise<number[]> {
  const trials = targets.map((target) => ({ target, shape: { connections: CONNECTIONS } }));
  const rounds = await measureInTurn(generators, trials, options);
  return rounds.map(perSecond);
}

function report(peaks: readonly number[], rounds: readonly Measured[][]): Report {
  const names = ["bare", "mesh", "bare at the mesh's rate"];
  return {
    title: "latency",
    how: `Open loop on at most ${CONNECTIONS} connections at half of each one's peak: requests are sent when they are due (whole milliseconds) whatever happens to others, and latency counts from then.`,
    tables: [
      {
        columns: ["", "peak/s", "sent/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms"],
        rows: rounds.map((each, at) => {
          const latencies = latenciesOf(each);
          const shares = [0.5, 0.99, 0.999].map((share) => decimal(latencies.atMs(share)));
          const peak = peaks[at] === undefined ? "" : whole(peaks[at]);
          return [
            names[at] ?? "",
            peak,
            whole(perSecond(each)),
            ...shares,
            decimal(latencies.maxMs),
          ];
        }),
      },
    ],
  };
}
