import { readdirSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, expect, test } from "vitest";
import { countedUnits, createCustomer } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const LOOKUPS = 300;

let mesh: TestMesh | undefined;
afterAll(() => mesh?.close());

/** One lookup over a connection of its own. */
async function lookup({ baseUrl }: TestMesh, key: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const agent = new Agent({ keepAlive: false });
  const headers = { authorization: `Bearer ${key}` };
  get(`${baseUrl}/v1/locations/8.8.8.8`, { agent, headers }, resolve).once("error", reject);
  const response = await promise;
  await text(response);
  return response.statusCode ?? 0;
}

const workersIn = ({ dataDir }: TestMesh) =>
  readdirSync(path.join(dataDir, "gateway"))
    .filter((name) => name.startsWith("worker-"))
    .sort();

test("three workers, killed, then one on their directory: everything is counted, nothing is left", async () => {
  const environment = await meshEnvironment();
  const three = await startTestMesh({ ...environment, GATEWAY_WORKERS: "3" });
  mesh = three;
  const { key } = await createCustomer(three, { quota_mode: "SOFT" });
  await eventually(async () => expect(await lookup(three, key)).toBe(200));
  // What is used from here on stays in the spools.
  await three.stop("metering");
  let answered = 1;
  const calling = Array.from({ length: 10 }, async () => {
    for (let n = 0; n < LOOKUPS / 10; n++) {
      if ((await lookup(three, key)) === 200) answered += 1;
    }
  });
  await Promise.all(calling);
  expect(answered).toBeGreaterThan(LOOKUPS / 2);
  await three.kill("gateway");
  await three.stopAll();
  expect(workersIn(three)).toEqual(["worker-1", "worker-2", "worker-3"]);

  const one = await startTestMesh({ ...environment, GATEWAY_WORKERS: "1" });
  mesh = one;
  await eventually(async () => expect(await countedUnits(one, key)).toBe(answered), {
    deadlineMs: 30_000,
  });
  await eventually(() => expect(workersIn(one)).toEqual(["worker-1"]), { deadlineMs: 20_000 });
}, 120_000);
