import { ratio } from "../figures.ts";
import { measureInTurn } from "../measure.ts";
import { startUsual } from "../targets/usual.ts";
import type { Part } from "./part.ts";
import { startSingles } from "./singles.ts";
import { comparison, costs } from "./tables.ts";

const CONNECTIONS = 128;

/** The mesh beside the usual way to build it. */
export const benchUsual: Part = async ({ mesh, generators }, options) => {
  const singles = await startSingles(mesh);
  const usual = await startUsual(mesh, singles.addresses, singles.key);
  try {
    const shape = { connections: CONNECTIONS };
    const trials = [usual, singles.mesh].map((target) => ({ target, shape }));
    const [usually = [], meshed = []] = await measureInTurn(generators, trials, options);
    return {
      title: "usual",
      how: `Single locations on ${CONNECTIONS} connections: the mesh, and the usual way, a Connect handler that makes three unary gRPC calls for each request, one for the key, one for the quota (both from memory) and one for the location. The usual way neither limits rates nor records usage.`,
      tables: [
        comparison([
          { name: "usual", rounds: usually },
          { name: "mesh", rounds: meshed },
        ]),
        costs(usually, "lookup, usual"),
      ],
      notes: [`mesh / usual: ${ratio(meshed, usually).toFixed(1)}`],
    };
  } finally {
    await usual.close();
    await singles.bare.close();
  }
};
