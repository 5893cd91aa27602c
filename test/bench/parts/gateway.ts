import { ratio } from "../figures.ts";
import { measureInTurn } from "../measure.ts";
import { whole } from "../report.ts";
import type { Part } from "./part.ts";
import { startSingles } from "./singles.ts";
import { comparison, costs, cpuRatio } from "./tables.ts";

const CONNECTIONS = 128;

/** Lookups through the whole mesh with key, rate, quota and synced spool, beside a bare server that answers the same bytes. */
export const benchGateway: Part = async ({ mesh, generators }, options) => {
  const singles = await startSingles(mesh);
  try {
    const shape = { connections: CONNECTIONS };
    const trials = [singles.bare, singles.mesh].map((target) => ({ target, shape }));
    const [bare = [], meshed = []] = await measureInTurn(generators, trials, options);
    return {
      title: "gateway",
      how: `GET of single locations on ${CONNECTIONS} connections, ${whole(singles.addresses.length)} addresses in turn: a bare \`node:http\` server that answers the same ${whole(singles.bodyBytes)} bytes, and the mesh.`,
      tables: [
        comparison([
          { name: "bare", rounds: bare },
          { name: "mesh", rounds: meshed },
        ]),
        costs(meshed, "lookup"),
      ],
      notes: [
        `mesh / bare: ${ratio(meshed, bare).toFixed(2)} of the requests a second`,
        `gateway / bare: ${cpuRatio(meshed, "gateway", bare, "bare").toFixed(2)} × the CPU of a request`,
      ],
    };
  } finally {
    await singles.bare.close();
  }
};
