import { measureInTurn } from "../measure.ts";
import { startBenchMesh } from "../targets/bench-mesh.ts";
import type { Part } from "./part.ts";
import { startSingles } from "./singles.ts";
import { comparison } from "./tables.ts";

const CONNECTIONS = 128;
const WORKERS = 2;

/** One gateway process beside two on one port. */
export const benchWorkers: Part = async ({ mesh, generators }, options) => {
  const more = await startBenchMesh({ GATEWAY_WORKERS: `${WORKERS}` });
  try {
    const one = await startSingles(mesh);
    const two = await startSingles(more);
    try {
      const shape = { connections: CONNECTIONS };
      const trials = [one.bare, one.mesh, two.mesh].map((target) => ({ target, shape }));
      const rounds = await measureInTurn(generators, trials, options);
      const names = ["bare", "1 worker", `${WORKERS} workers`];
      return {
        title: "workers",
        how: `Single lookups on ${CONNECTIONS} connections: a mesh whose gateway is one process, and one with ${WORKERS}. A machine whose cores are busy with one gateway and the load has none for another.`,
        tables: [comparison(names.map((name, at) => ({ name, rounds: rounds[at] ?? [] })))],
      };
    } finally {
      await one.bare.close();
      await two.bare.close();
    }
  } finally {
    await more.close();
  }
};
