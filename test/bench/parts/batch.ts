import { ask } from "../../support/api.ts";
import { addresses } from "../addresses.ts";
import { perSecond, ratio } from "../figures.ts";
import type { LoadRequest } from "../load/plan.ts";
import { measureInTurn } from "../measure.ts";
import { whole } from "../report.ts";
import { startBare } from "../targets/bare.ts";
import { BATCH_PATH, BATCH_SIZE, batches } from "../targets/batches.ts";
import type { Part } from "./part.ts";
import { comparison, costs } from "./tables.ts";

const CONNECTIONS = 8;
const BATCHES_COUNT = 32;

/** Batches of 1,000 addresses, beside a bare server that answers the same bytes. */
export const benchBatch: Part = async ({ mesh, generators }, options) => {
  const { key } = await mesh.newCustomer();
  const requests = batches(addresses(BATCHES_COUNT * BATCH_SIZE), key);
  const body = await answerOf(mesh, requests[0], key);
  const bare = await startBare(body, requests);
  try {
    const shape = { connections: CONNECTIONS };
    const trials = [bare, mesh.target(requests, BATCH_SIZE)].map((target) => ({ target, shape }));
    const [bareRounds = [], meshRounds = []] = await measureInTurn(generators, trials, options);
    return {
      title: "batch",
      how: `POST of ${whole(BATCH_SIZE)} addresses on ${CONNECTIONS} connections, ${BATCHES_COUNT} batches in turn, answers of ${whole(body.length)} bytes.`,
      tables: [
        comparison([
          { name: "bare", rounds: bareRounds },
          { name: "mesh", rounds: meshRounds },
        ]),
        costs(meshRounds, "address", BATCH_SIZE),
      ],
      notes: [
        `mesh: ${whole(perSecond(meshRounds) * BATCH_SIZE)} addresses/s, bare ${whole(perSecond(bareRounds) * BATCH_SIZE)}`,
        `mesh / bare: ${ratio(meshRounds, bareRounds).toFixed(2)}`,
      ],
    };
  } finally {
    await bare.close();
  }
};

async function answerOf(
  mesh: Parameters<typeof ask>[0],
  request: LoadRequest | undefined,
  key: string,
): Promise<string> {
  const body = JSON.parse(request?.body ?? "");
  return (await ask(mesh, BATCH_PATH, { key, body })).text;
}
