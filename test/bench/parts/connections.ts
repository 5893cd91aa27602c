import { cpuUs, generatorShare, latenciesOf, perSecond } from "../figures.ts";
import { type Measured, measureInTurn } from "../measure.ts";
import { decimal, percent, whole } from "../report.ts";
import type { Part } from "./part.ts";
import { startSingles } from "./singles.ts";

const CONNECTIONS = [1, 64, 1_000] as const;

/** From one connection to a thousand. */
export const benchConnections: Part = async ({ mesh, generators }, options) => {
  const singles = await startSingles(mesh);
  try {
    const counts = CONNECTIONS.map((count) => Math.min(count, options.connectionsMax));
    const trials = counts.flatMap((connections) =>
      [singles.bare, singles.mesh].map((target) => ({ target, shape: { connections } })),
    );
    const rounds = await measureInTurn(generators, trials, options);
    return {
      title: "connections",
      how: "Single lookups in a closed loop, one under way on each connection.",
      tables: [
        {
          columns: [
            "",
            "connections",
            "requests/s",
            "p50 ms",
            "p99 ms",
            "max ms",
            "CPU µs/request",
            "generator",
          ],
          rows: trials.map(({ target, shape }, at) => [
            target.name,
            whole(shape.connections),
            ...figuresOf(rounds[at] ?? []),
          ]),
        },
      ],
    };
  } finally {
    await singles.bare.close();
  }
};

function figuresOf(rounds: readonly Measured[]): string[] {
  const latencies = latenciesOf(rounds);
  return [
    whole(perSecond(rounds)),
    decimal(latencies.atMs(0.5)),
    decimal(latencies.atMs(0.99)),
    decimal(latencies.maxMs),
    decimal(cpuUs(rounds)),
    percent(generatorShare(rounds)),
  ];
}
