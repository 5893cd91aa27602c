import { ask } from "../../support/api.ts";
import { addresses } from "../addresses.ts";
import { ratio } from "../figures.ts";
import { measureInTurn } from "../measure.ts";
import { startBare } from "../targets/bare.ts";
import { lookups } from "../targets/bench-mesh.ts";
import type { Part } from "./part.ts";
import { comparison, costs, cpuRatio } from "./tables.ts";

const CONNECTIONS = 128;
const ADDRESSES_COUNT = 2_000;

/** Lookups through the whole mesh with key, rate, quota and synced spool, beside a bare server that answers the same bytes. */
export const benchGateway: Part = async ({ mesh, generators }, options) => {
  const { key } = await mesh.newCustomer();
  const requests = lookups(addresses(ADDRESSES_COUNT), key);
  const body = (await ask(mesh, "/v1/locations/81.2.69.142", { key })).text;
  const bare = await startBare(body, requests);
  try {
    const shape = { connections: CONNECTIONS };
    const trials = [bare, mesh.target(requests)].map((target) => ({ target, shape }));
    const [bareRounds = [], meshRounds = []] = await measureInTurn(generators, trials, options);
    return {
      title: "gateway",
      how: `GET of single locations on ${CONNECTIONS} connections, ${ADDRESSES_COUNT} addresses in turn: a bare \`node:http\` server that answers the same ${body.length} bytes, and the mesh.`,
      tables: [
        comparison([
          { name: "bare", rounds: bareRounds },
          { name: "mesh", rounds: meshRounds },
        ]),
        costs(meshRounds, "lookup"),
      ],
      notes: [
        `mesh / bare: ${ratio(meshRounds, bareRounds).toFixed(2)} of the requests a second`,
        `gateway / bare: ${cpuRatio(meshRounds, "gateway", bareRounds, "bare").toFixed(2)} × the CPU of a request`,
      ],
    };
  } finally {
    await bare.close();
  }
};
