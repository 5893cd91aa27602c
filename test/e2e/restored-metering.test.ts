import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import { eventually } from "@geomesh/testing/eventually";
import { startTestPostgres, type TestPostgres } from "@geomesh/testing/postgres";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, countedUnits, createCustomer } from "../support/api.ts";
import { startGateway } from "../support/gateway.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const WAIT = { deadlineMs: 30_000 };

let postgres: TestPostgres;
let databaseUrl: string;
let settings: Record<string, string>;
let mesh: TestMesh;

beforeAll(async () => {
  postgres = await startTestPostgres();
  databaseUrl = await postgres.createDatabase();
  settings = { ...(await meshEnvironment()), METERING_DATABASE_URL: databaseUrl };
  mesh = await startTestMesh(settings);
}, 60_000);
afterAll(async () => {
  await mesh.close();
  await postgres.stop();
});

/** Makes one database of metering's server a copy of another, while metering is stopped. */
async function copyWhileStopped(copyOf: (live: string, backup: string) => [string, string]) {
  const url = new URL(databaseUrl);
  const live = url.pathname.slice(1);
  const [from, to] = copyOf(live, `${live}_backup`);
  url.pathname = "/postgres";
  await mesh.stop("metering");
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${to} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${to} TEMPLATE ${from}`);
  } finally {
    await client.end();
  }
  await mesh.start("metering");
}

/** Lookups of a public address, one after another, each of which is answered in the end. */
async function lookUp(baseUrl: string, key: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await eventually(async () => {
      const { status } = await ask({ baseUrl, demoKey: key }, "/v1/locations/8.8.8.8");
      expect(status).toBe(200);
    }, WAIT);
  }
}

test("after metering's database was restored, every lookup since is billed again, also of a gateway that is gone", {
  timeout: 120_000,
}, async () => {
  const { key } = await createCustomer(mesh, { monthly_quota: "1000" });
  const billed = (units: number) =>
    eventually(async () => expect(await countedUnits(mesh, key)).toBe(units), WAIT);
  await lookUp(mesh.baseUrl, key, 5);
  await billed(5);
  await copyWhileStopped((live, backup) => [live, backup]);

  await lookUp(mesh.baseUrl, key, 7);
  const gone = await startGateway(mesh, settings);
  await lookUp(gone.baseUrl, key, 10);
  await gone.close();
  await billed(22);

  await copyWhileStopped((live, backup) => [backup, live]);
  await billed(22);
  await lookUp(mesh.baseUrl, key, 1);
  await billed(23);
});
