import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { apiKeyHash, generateApiKey } from "@geomesh/terms/api-key";
import { startCuttableProxy } from "@geomesh/testing/cuttable-proxy";
import { eventually } from "@geomesh/testing/eventually";
import pg from "pg";
import { type BenchMesh, startBenchMesh } from "../bench/targets/bench-mesh.ts";
import type { Customer } from "../support/api.ts";
import { startHttp1Clients } from "./clients.ts";
import { environmentOf, type Replica, replicaOf } from "./processes.ts";

/** Free of charge, and answered by a gateway from what it holds of the key. */
const PROBED = "/v1/locations/127.0.0.1";
const LOADED = "/v1/locations/81.2.69.142";
const CLIENTS_EACH = 4;
const AT_A_TIME = 2;
const PROBE_MS = 1;
const REFUSED_MS_MAX = 30_000;
/** Of the gateway that is cut off, so that the run need not wait for the default of a minute. */
const STALENESS_MS_MAX = 5_000;

/** How many keys are revoked. */
export interface RevocationOptions {
  readonly revocations: number;
  /** While NATS is stopped. */
  readonly withoutNats: number;
}

/** From the request to revoke until the last gateway refuses the key, in milliseconds. */
export interface Delays {
  readonly what: string;
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Revocable {
  readonly keyId: string;
  readonly secret: string;
}

/**
 * Revokes keys while three gateways answer lookups, and asks all of them for each key until they refuse it: with everything up,
 * with NATS stopped, and at a gateway that is cut off from auth and NATS alike, which refuses all keys once what it holds is too
 * old. Errors: Error where a key is accepted for longer than 30 s, or again.
 */
export async function runRevocations(options: RevocationOptions): Promise<readonly Delays[]> {
  const mesh = await startBenchMesh();
  const proxies = await cuttable(mesh);
  const replicas: Replica[] = [];
  const agent = new http.Agent({ keepAlive: true });
  try {
    for (const name of ["gateway-2", "gateway-3"]) {
      const more = name === "gateway-3" ? proxies.environment : {};
      const replica = await replicaOf({ mesh, kind: "gateway", name, more });
      replicas.push(replica);
      await replica.child.start();
    }
    const customer = await mesh.newCustomer();
    const all = await insertKeys(mesh, customer, options.revocations + options.withoutNats + 1);
    const ports = [Number(new URL(mesh.baseUrl).port), ...replicas.map(({ port }) => port)];
    const run = { mesh, customer, agent, ports };
    for (const { secret } of [all[0], all.at(-1)] as [Revocable, Revocable]) {
      for (const port of ports) {
        await eventually(async () => (await statusAt(run, port, secret)) === 200);
      }
    }
    const asked = { path: LOADED, headers: { "x-api-key": customer.key } };
    const loads = ports.map((port) =>
      startHttp1Clients(port, asked, { kind: "load", clients: CLIENTS_EACH, keepAlive: true }),
    );
    const delays = [await revokeAll(run, "everything up", all.splice(0, options.revocations))];
    const nats = mesh.pids()["nats"] ?? 0;
    process.kill(nats, "SIGSTOP");
    try {
      const keys = all.splice(0, options.withoutNats);
      delays.push(await revokeAll(run, "NATS stopped", keys));
    } finally {
      process.kill(nats, "SIGCONT");
    }
    for (const load of loads) await load.stop();
    proxies.cut();
    const cutOff = { ...run, ports: ports.slice(-1) };
    delays.push(await revokeAll(cutOff, "both ways cut", all));
    return delays;
  } finally {
    agent.destroy();
    for (const { child } of replicas) await child.close();
    proxies.close();
    await mesh.close();
  }
}

interface Run {
  readonly mesh: BenchMesh;
  readonly customer: Customer;
  readonly agent: http.Agent;
  readonly ports: readonly number[];
}

async function revokeAll(run: Run, what: string, keys: readonly Revocable[]): Promise<Delays> {
  const queue = keys.values();
  const delaysMs: number[] = [];
  const lane = async () => {
    for (const key of queue) delaysMs.push(await revoke(run, key));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  delaysMs.sort((a, b) => a - b);
  const at = (share: number) =>
    delaysMs[Math.min(delaysMs.length - 1, Math.floor(share * delaysMs.length))] ?? Number.NaN;
  return { what, count: delaysMs.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Milliseconds until every gateway refuses the key. */
async function revoke(run: Run, { keyId, secret }: Revocable): Promise<number> {
  const { mesh, customer, ports } = run;
  const startMs = performance.now();
  const path = `/v1/accounts/${customer.accountId}/keys/${keyId}:revoke`;
  const [first = 0] = [Number(new URL(mesh.baseUrl).port)];
  const revoking = send(run, first, { method: "POST", path, key: mesh.adminKey });
  const refusals = ports.map((port) => untilRefused(run, port, secret));
  const [status, ...refusedMs] = await Promise.all([revoking, ...refusals]);
  if (status !== 200) throw new Error(`a revocation was answered ${status}`);
  for (const port of ports) {
    if ((await statusAt(run, port, secret)) === 200) throw new Error(`${keyId} is back at ${port}`);
  }
  return Math.max(...refusedMs) - startMs;
}

/** When it was, by `performance.now`. */
async function untilRefused(run: Run, port: number, secret: string): Promise<number> {
  const deadlineMs = performance.now() + REFUSED_MS_MAX;
  while (performance.now() < deadlineMs) {
    if ((await statusAt(run, port, secret)) !== 200) return performance.now();
    await wait(PROBE_MS);
  }
  throw new Error(`a key is accepted at ${port} ${REFUSED_MS_MAX} ms after it was revoked`);
}

const statusAt = (run: Run, port: number, key: string) => send(run, port, { path: PROBED, key });

async function send(
  { agent }: Run,
  port: number,
  { method = "GET", path, key }: { readonly method?: string; path: string; key: string },
): Promise<number> {
  const headers = {
    "x-api-key": key,
    ...(method === "POST" && { "content-type": "application/json" }),
  };
  const request = http.request({ host: "127.0.0.1", port, method, path, headers, agent });
  request.end(method === "POST" ? "{}" : undefined);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  await text(response);
  return response.statusCode ?? 0;
}

/** Keys of the customer, written past auth, which finds them at its next beat. */
async function insertKeys(
  mesh: BenchMesh,
  { accountId }: Customer,
  count: number,
): Promise<Revocable[]> {
  const keys = Array.from({ length: count }, (_, i) => ({
    keyId: `key_${`${i}`.padStart(16, "0")}`,
    secret: generateApiKey("live"),
  }));
  const client = new pg.Client({ connectionString: mesh.authDatabaseUrl });
  await client.connect();
  try {
    await client.query("BEGIN");
    await client.query("LOCK TABLE revision_counter");
    await client.query(INSERT_KEYS, [
      accountId,
      keys.map(({ keyId }) => keyId),
      keys.map(({ secret }) => apiKeyHash(secret)),
    ]);
    await client.query("UPDATE revision_counter SET revision = revision + $1::bigint", [count]);
    await client.query("COMMIT");
  } finally {
    await client.end();
  }
  return keys;
}

const INSERT_KEYS = `
  INSERT INTO keys (key_id, account_id, name, display_prefix, secret_sha256, scopes, mode, state,
    create_time, update_time, revision)
  SELECT key_id, $1, 'Key', 'gm_live_0000', secret_sha256, '{locations:read}', 'LIVE', 'ACTIVE',
    now(), now(), revision + number
  FROM revision_counter,
    unnest($2::text[], $3::bytea[]) WITH ORDINALITY made (key_id, secret_sha256, number)`;

/** Ways to auth and to NATS that can be cut, and the settings of a gateway that uses them. */
async function cuttable(mesh: BenchMesh) {
  const { AUTH_ADDRESS = "", NATS_URL = "" } = environmentOf(mesh.pids()["gateway"] ?? 0);
  const auth = await startCuttableProxy(AUTH_ADDRESS);
  const nats = await startCuttableProxy(NATS_URL);
  return {
    environment: {
      AUTH_ADDRESS: auth.url,
      NATS_URL: nats.url.replace(/\/$/, ""),
      AUTH_STALENESS_MAX_MS: `${STALENESS_MS_MAX}`,
    },
    cut() {
      auth.cut();
      nats.cut();
    },
    close() {
      auth.close();
      nats.close();
    },
  };
}
