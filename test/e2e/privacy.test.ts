import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createCustomer } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const V4 = "93.184.215.77";
const V6 = "2a00:1450:4001:82a::200e";
const MALFORMED = "93.184.215.077";
const OPS_PORTS = ["GATEWAY_OPS_PORT", "GEO_OPS_PORT", "AUTH_OPS_PORT", "METERING_OPS_PORT"];
/** Holds the keys of the operator, by design. */
const CREDENTIALS = "credentials.json";

let mesh: TestMesh;
let accountId = "";
const secrets: string[] = [];
const metrics = new Map<string, Buffer>();

beforeAll(async () => {
  const environment = await meshEnvironment();
  mesh = await startTestMesh({ ...environment, GATEWAY_ACCESS_LOG: "on", LOG_LEVEL: "debug" });
  const customer = await createCustomer(mesh);
  ({ accountId } = customer);
  secrets.push(customer.key, ...(await makeKeys()));
  await lookUp(customer.key);
  for (const name of OPS_PORTS) {
    const page = await fetch(`http://127.0.0.1:${environment[name]}/metrics`);
    metrics.set(`${name} /metrics`, Buffer.from(await page.arrayBuffer()));
  }
  await mesh.stopAll();
}, 120_000);
afterAll(() => mesh.close());

/** Keys that are created, created again by an Idempotency-Key, and rotated. */
async function makeKeys(): Promise<string[]> {
  const path = `/v1/accounts/${accountId}/keys`;
  const asked = {
    key: mesh.adminKey,
    body: { name: "Key" },
    headers: { "idempotency-key": randomUUID() },
  };
  const created = await ask(mesh, path, asked);
  const again = await ask(mesh, path, asked);
  expect([created.status, again.json]).toEqual([201, created.json]);
  const { key_id: keyId } = created.json.key;
  const rotated = await ask(mesh, `${path}/${keyId}:rotate`, { key: mesh.adminKey, body: {} });
  expect(rotated.status, rotated.text).toBe(200);
  return [created.json.secret, rotated.json.secret];
}

/** Asks for the addresses by each door, rightly and wrongly. */
async function lookUp(key: string): Promise<void> {
  const statuses: number[] = [];
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const asked = headers["x-api-key"] ?? key;
    const response = await fetch(mesh.baseUrl + path, {
      headers: { "x-api-key": asked, ...headers },
    });
    await response.arrayBuffer();
    statuses.push(response.status);
  };
  const post = async (path: string, type: string, body: string) => {
    const headers = { "x-api-key": key, "content-type": type };
    const response = await fetch(mesh.baseUrl + path, { method: "POST", headers, body });
    await response.arrayBuffer();
    statuses.push(response.status);
  };
  for (const address of [V4, V6]) {
    await get(`/v1/locations/${address}`);
    await get(`/v1/locations/${address}/city`);
    await get(`/v1?api_key=${key}&ip_address=${address}`);
    await get(`/compat/ipinfo/${address}/json?token=${key}`);
    await get(`/compat/ip-api/json/${address}?key=${key}`);
  }
  await get(`/v1/locations/${encodeURIComponent(V6)}`, { traceparent: TRACEPARENT });
  await post("/v1/locations:batchGet", "application/json", JSON.stringify({ ip_addresses: ALL }));
  await post("/v1/locations:stream", "text/plain", `${ALL.join("\n")}\n`);
  expect(new Set(statuses)).toEqual(new Set([200]));
  await get(`/v1/locations/${MALFORMED}`);
  await get(`/v1/locations/${V4}?unknown=${V4}`);
  await get(`/v1/locations/${V4}`, { "x-api-key": `${key}0` });
  expect(statuses.slice(-3)).toEqual([400, 400, 401]);
  const geo = createClient(GeoService, createGrpcTransport({ baseUrl: mesh.baseUrl }));
  const headers = { "x-api-key": key };
  for (const ipAddress of [V4, V6]) await geo.getLocation({ ipAddress }, { headers });
  await expect(geo.getLocation({ ipAddress: MALFORMED }, { headers })).rejects.toThrow();
}

const ALL = [V4, V6, MALFORMED];
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Where a text stands: in the files of the databases, of the streams, of usage and of the logs, and in metrics. */
function placesOf(text: string): string[] {
  const inMetrics = [...metrics].filter(([, page]) => page.includes(text)).map(([name]) => name);
  const files = readdirSync(mesh.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => readFileSync(path).includes(text))
    .map((path) => relative(mesh.dataDir, path));
  return [...files.filter((path) => path !== CREDENTIALS), ...inMetrics];
}

test("what may be kept is found by the search: in databases, streams and logs", () => {
  const places = placesOf(accountId);
  for (const part of ["postgres/base/", "postgres/pg_wal/", "nats/", "log/gateway.log"]) {
    expect(places.some((path) => path.startsWith(part))).toBe(true);
  }
});

test("no key is kept anywhere, whole", () => {
  expect(secrets.flatMap(placesOf)).toEqual([]);
});

test("no address that was looked up is kept anywhere", () => {
  expect(ALL.flatMap(placesOf)).toEqual([]);
  expect(placesOf(encodeURIComponent(V6))).toEqual([]);
});
