import { cpSync } from "node:fs";
import { kill } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { problemsOf } from "@geomesh/launcher/supervisor/readiness";
import { eventually } from "@geomesh/testing/eventually";
import { ask, createCustomer } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";
import { type Seen, startHttp1Clients } from "./clients.ts";
import { type Replica, replicaOf } from "./processes.ts";

const DAY_AHEAD_MS = 26 * 3_600_000;
const SETTLE_MS_MAX = 180_000;
const REFUSED_MS_MAX = 30_000;
const CLIENTS = 4;
const PATH = "/v1/locations/81.2.69.142";
const CLOCK_AHEAD = fileURLToPath(new URL("clock-ahead.mjs", import.meta.url));

/** How long, how often, and how hostile. */
export interface KillsOptions {
  readonly seconds: number;
  readonly kills: number;
  readonly quota: number;
  /** Adds a gateway whose clock is ahead, one on a copied directory, and stopped replicas of auth and metering. */
  readonly isHostile: boolean;
}

/** What a run showed. */
export interface KillsReport {
  readonly quota: number;
  readonly answered: number;
  readonly billed: number;
  readonly kills: Readonly<Record<string, number>>;
  /** By gateway. */
  readonly seen: readonly Seen[];
}

/**
 * Kills processes of a mesh of three gateways by SIGKILL, one after the other and at random, while all gateways answer one
 * account with a hard quota. Never more than the quota may be answered or billed, and nothing answered may be unbilled.
 */
export async function runKills(options: KillsOptions): Promise<KillsReport> {
  const mesh = await startTestMesh();
  const started: Replica[] = [];
  try {
    const start = async (replica: Replica) => {
      started.push(replica);
      await replica.child.start();
    };
    const gateways = [
      await replicaOf({ mesh, kind: "gateway", name: "gateway-2" }),
      await replicaOf({ mesh, kind: "gateway", name: "gateway-3" }),
    ];
    for (const gateway of gateways) await start(gateway);
    const { key } = await createCustomer(mesh, { monthly_quota: `${options.quota}` });
    const hostile = options.isHostile ? await addHostile(mesh, gateways, start) : [];
    const asked = { path: PATH, headers: { "x-api-key": key } };
    const own = { name: "gateway", port: Number(new URL(mesh.baseUrl).port) };
    const loads = [own, ...gateways, ...hostile].map(({ name, port }) =>
      startHttp1Clients(port, asked, { kind: name, clients: CLIENTS, keepAlive: true }),
    );
    const kills = await killAtRandom(mesh, gateways, options);
    await untilUp(mesh, gateways);
    const seen = loads.map((load) => load.seen);
    await eventually(() => seen.every(isUsedUp), { deadlineMs: SETTLE_MS_MAX }).catch(() => false);
    await Promise.all(loads.map((load) => load.stop()));
    const billed = await settledUsage(mesh, gateways, key);
    const answered = seen.reduce((sum, each) => sum + each.answered, 0);
    return { quota: options.quota, answered, billed, kills, seen };
  } finally {
    for (const { child } of started) {
      if (child.pid !== undefined) kill(child.pid, "SIGCONT");
      await child.close();
    }
    await mesh.close();
  }
}

/** True once a gateway says that the quota is used up, if it serves at all. */
function isUsedUp({ answered, failed }: Seen): boolean {
  return failed.has("status 429") || answered === 0;
}

async function addHostile(
  mesh: TestMesh,
  [victim]: readonly Replica[],
  start: (replica: Replica) => Promise<void>,
): Promise<Replica[]> {
  const ahead = await replicaOf({
    mesh,
    kind: "gateway",
    name: "gateway-ahead",
    more: { NODE_OPTIONS: `--import ${CLOCK_AHEAD}`, CLOCK_AHEAD_MS: `${DAY_AHEAD_MS}` },
  });
  const clone = await replicaOf({ mesh, kind: "gateway", name: "gateway-clone" });
  if (victim !== undefined) cpSync(victim.dataDir, clone.dataDir, { recursive: true });
  // Neither becomes ready: that is what is to be seen.
  for (const replica of [ahead, clone]) void start(replica).catch(() => undefined);
  const isRefused = async () => {
    const text = (await problemsOf(clone.opsPort)).join();
    if (!text.includes("runs elsewhere")) throw new Error(`the copy is not refused: ${text}`);
  };
  await eventually(isRefused, { deadlineMs: REFUSED_MS_MAX });
  for (const kind of ["auth", "metering"] as const) {
    const stopped = await replicaOf({ mesh, kind, name: `${kind}-stopped` });
    await start(stopped);
    if (stopped.child.pid !== undefined) kill(stopped.child.pid, "SIGSTOP");
  }
  return [ahead, clone];
}

async function killAtRandom(
  mesh: TestMesh,
  gateways: readonly Replica[],
  { seconds, kills }: KillsOptions,
): Promise<Record<string, number>> {
  const names = ["gateway", "geo", "auth", "metering", "nats", "postgres"] as const;
  const victims = [
    ...names.map((name) => ({ name, kill: () => mesh.kill(name) })),
    ...gateways.map(({ name, child }) => ({ name, kill: () => child.kill() })),
  ];
  const counts: Record<string, number> = {};
  for (let i = 0; i < kills; i++) {
    await wait((seconds * 1000) / kills);
    const victim = victims[Math.floor(Math.random() * victims.length)];
    if (victim === undefined) continue;
    await victim.kill();
    counts[victim.name] = (counts[victim.name] ?? 0) + 1;
  }
  return counts;
}

/** All come back, also the gateway whose directory was copied. */
async function untilUp(mesh: TestMesh, gateways: readonly Replica[]): Promise<void> {
  const names = ["nats", "postgres", "geo", "auth", "metering", "gateway"] as const;
  for (const name of names) await mesh.start(name);
  for (const { child } of gateways) await child.start();
}

/** The units of the account, once every gateway has nothing left to bill. */
async function settledUsage(
  mesh: TestMesh,
  gateways: readonly Replica[],
  key: string,
): Promise<number> {
  const opsPorts = [mesh.opsPort, ...gateways.map(({ opsPort }) => opsPort)];
  await eventually(
    async () => {
      const left = await Promise.all(opsPorts.map(uncommitted));
      return left.every((records) => records === 0);
    },
    { deadlineMs: SETTLE_MS_MAX },
  );
  return eventually(async () => {
    const { status, json } = await ask(mesh, "/v1/accounts/-/quota", { key });
    if (status !== 200) throw new Error(`the quota cannot be read: ${status}`);
    return Number(json.used);
  });
}

async function uncommitted(opsPort: number): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text();
  return Number(/^gateway_usage_uncommitted_records\S* (\d+)$/m.exec(page)?.[1] ?? Number.NaN);
}
