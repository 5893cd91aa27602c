import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { keptPasswords } from "@geomesh/launcher/data-dir/passwords";
import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import { databaseUrl } from "@geomesh/servers/postgres";
import { ask, type Customer, createCustomer } from "../../support/api.ts";
import { startTestMesh, type TestMesh } from "../../support/mesh.ts";
import type { LoadResult } from "../load/generators.ts";
import type { LoadRequest } from "../load/plan.ts";
import type { Target } from "../measure.ts";

/** Of each account that loads the mesh: what it may do is not what is measured. */
const PLENTY = { monthly_quota: "1000000000", key_rate: { requests: 1_000_000 } };
const COUNTED_MS_MAX = 20_000;
const COUNTED_POLL_MS = 100;

/** A whole mesh under load. */
export interface BenchMesh extends TestMesh {
  readonly authDatabaseUrl: string;
  /** A customer whose limits nothing here reaches. */
  newCustomer(): Promise<Customer>;
  /** The gateway with what stands behind it. Each 200 counts `unitsEach` units, and its usage is waited for. */
  target(requests: readonly LoadRequest[], unitsEach?: number): Target;
  /** Units that metering has counted for all accounts. */
  countedUnits(): Promise<number>;
}

/** Starts a mesh. */
export async function startBenchMesh(
  environment: Readonly<Record<string, string>> = {},
): Promise<BenchMesh> {
  const own = await meshEnvironment();
  const mesh = await startTestMesh({ ...own, ...environment });
  const { auth } = await keptPasswords(join(mesh.dataDir, "passwords.json"));
  const countedUnits = () => countUnits(mesh);
  return {
    ...mesh,
    authDatabaseUrl: databaseUrl("auth", auth, Number(own["POSTGRES_PORT"]), "auth"),
    newCustomer: () => createCustomer(mesh, PLENTY),
    countedUnits,
    target: (requests, unitsEach = 1) => ({
      name: "mesh",
      port: Number(new URL(mesh.baseUrl).port),
      requests,
      pids: () => pidsOf(mesh),
      async watch() {
        const before = await countedUnits();
        return ({ statuses }: LoadResult) =>
          untilCounted(countedUnits, before + (statuses["200"] ?? 0) * unitsEach);
      },
    }),
  };
}

/** What is billed is part of what a request costs, so a measurement ends when metering has counted it. Errors: Error after 20 s. */
export async function untilCounted(
  countedUnits: () => Promise<number>,
  units: number,
): Promise<void> {
  const deadlineMs = performance.now() + COUNTED_MS_MAX;
  for (;;) {
    const counted = await countedUnits();
    if (counted >= units) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`metering has counted ${counted} of ${units} units`);
    }
    await wait(COUNTED_POLL_MS);
  }
}

async function countUnits(mesh: TestMesh): Promise<number> {
  const { status, text, json } = await ask(mesh, "/v1/usage", { key: mesh.adminKey });
  if (status !== 200) throw new Error(`usage is not readable: ${text}`);
  return Number(json.totals.units);
}

function pidsOf(mesh: TestMesh): Record<string, number> {
  const { gateway = 0, geo = 0, auth = 0, metering = 0, nats = 0, postgres = 0 } = mesh.pids();
  return { gateway, geo, auth, metering, nats, postgres };
}

/** Single lookups by REST with a key. */
export function lookups(addresses: readonly string[], key: string): LoadRequest[] {
  const headers = { authorization: `Bearer ${key}` };
  return addresses.map((address) => ({ path: `/v1/locations/${address}`, headers }));
}
