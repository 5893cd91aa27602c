import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createCustomer } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const SLOW = { deadlineMs: 30_000 };
const STALENESS_MS_MAX = 5_000;
const SERVICES = ["", "geomesh.geo.v1.GeoService", "geomesh.auth.v1.AuthService"];

let mesh: TestMesh;
let opsPort: number;
beforeAll(async () => {
  opsPort = await freePort();
  mesh = await startTestMesh({
    GATEWAY_OPS_PORT: `${opsPort}`,
    AUTH_STALENESS_MAX_MS: `${STALENESS_MS_MAX}`,
  });
}, 60_000);
afterAll(() => mesh.close());

const operations = async (of: string) => {
  const answer = await fetch(`http://127.0.0.1:${opsPort}${of}`);
  return { status: answer.status, text: await answer.text() };
};

async function readyz() {
  const { status, text } = await operations("/readyz");
  const { problems = [] } = JSON.parse(text) as { problems?: { reason: string }[] };
  return { status, reasons: problems.map(({ reason }) => reason) };
}

/** Whether health says SERVING for the gateway, for what is metered, and for what is not. */
const health = () =>
  Promise.all(
    SERVICES.map(async (service) => {
      const { json } = await ask(mesh, "/grpc.health.v1.Health/Check", { body: { service } });
      return json.status === "SERVING";
    }),
  );

/** The sum of a metric's values whose labels have this text. */
async function metric(name: string, labels = ""): Promise<number> {
  const { text } = await operations("/metrics");
  const values = Array.from(text.matchAll(new RegExp(`^${name}{(.*)} (.*)$`, "gm")));
  return values
    .filter(([, found = ""]) => found.includes(labels))
    .reduce((sum, [, , value]) => sum + Number(value), 0);
}

interface Line {
  readonly msg: string;
  readonly reason?: string;
  readonly operation?: string;
  readonly request_id?: string;
}

function logLines(): Line[] {
  const text = readFileSync(path.join(mesh.dataDir, "log", "gateway.log"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

function signal(name: "geo" | "auth", how: NodeJS.Signals): void {
  process.kill(mesh.pids()[name] as number, how);
}

const ready = async (): Promise<void> => {
  await eventually(async () => expect(await readyz()).toEqual({ status: 200, reasons: [] }), SLOW);
  expect(await health()).toEqual([true, true, true]);
};

/** A metered call is a 503 with this reason, which a metric counts and a line tells with its request. */
async function refused(key: string, reason: string): Promise<void> {
  const labels = `reason="${reason.toLowerCase()}"`;
  const before = await metric("gateway_refusals_total", labels);
  const answer = await ask(mesh, "/v1/locations/8.8.8.8", { key });
  expect([answer.status, answer.json.code]).toEqual([503, "unavailable"]);
  expect(await metric("gateway_refusals_total", labels)).toBe(before + 1);
  expect(logLines()).toContainEqual(
    expect.objectContaining({
      ...{ reason, operation: "GetLocation", request_id: answer.headers.get("x-request-id") },
    }),
  );
}

const answered = async (key: string): Promise<void> =>
  expect((await ask(mesh, "/v1/locations/8.8.8.8", { key })).status).toBe(200);

test.each<[string, () => unknown, () => unknown]>([
  ["hangs", () => signal("geo", "SIGSTOP"), () => signal("geo", "SIGCONT")],
  ["is gone", () => mesh.stop("geo"), () => mesh.start("geo")],
])(
  "geo %s: not ready, the health of what is metered says so, lookups are a 503 with a line",
  async (_, fail, heal) => {
    const { key } = await createCustomer(mesh);
    await ready();
    await answered(key);
    expect(await metric("gateway_lookups_streams")).toBe(1);
    await fail();
    // Nobody asks for anything meanwhile.
    const notReady = { status: 503, reasons: ["geo_unavailable"] };
    await eventually(async () => expect(await readyz()).toEqual(notReady), SLOW);
    expect(await health()).toEqual([false, false, true]);
    expect(await metric("gateway_lookups_streams")).toBe(0);
    expect(logLines().some(({ msg }) => msg === "lost the stream to geo")).toBe(true);
    await refused(key, "UPSTREAM_UNAVAILABLE");
    expect((await ask(mesh, "/v1/accounts/-", { key: mesh.adminKey })).status).not.toBe(503);
    await heal();
    await ready();
    await answered(key);
  },
  90_000,
);

test("auth hangs: not ready once no key is accepted any more, and not before", async () => {
  const { key } = await createCustomer(mesh);
  await ready();
  signal("auth", "SIGSTOP");
  await eventually(async () => expect((await readyz()).reasons).toEqual(["keys_stale"]), SLOW);
  expect(await health()).toEqual([false, false, false]);
  await refused(key, "AUTH_STALE");
  signal("auth", "SIGCONT");
  await ready();
  await answered(key);
}, 90_000);

test("metering and NATS are gone, which all gateways share: ready, and what needs no new lease is answered", async () => {
  const { key } = await createCustomer(mesh, { quota_mode: "SOFT" });
  await ready();
  await mesh.stop("metering");
  await mesh.stop("nats");
  await answered(key);
  await ready();
  await mesh.start("nats");
  await mesh.start("metering");
}, 90_000);
