import { once } from "node:events";
import { existsSync } from "node:fs";
import net from "node:net";
import process from "node:process";
import type { Env } from "@geomesh/runtime/config";
import { eventually } from "@geomesh/testing/eventually";
import { afterEach, expect, test } from "vitest";
import { call, FLAG, startCallers } from "./testing/callers.ts";
import { GatewayProcess } from "./testing/gateway-process.ts";

const CALLERS = 8;
/** Bounds of a hang: a process starts within them on a core that fifteen share. */
const SLOW = { deadlineMs: 40_000 };
const TIMEOUT_MS = 240_000;

const started: GatewayProcess[] = [];
afterEach(() => Promise.all(started.splice(0).map((each) => each.remove())));

async function start(env: Env): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(env);
  started.push(gateway);
  return gateway;
}

const startWorkers = async (count: number) =>
  (await start({ GATEWAY_WORKERS: `${count}` })).serving();

const operations = ({ opsPort }: GatewayProcess, path: string) =>
  fetch(`http://127.0.0.1:${opsPort}${path}`);

async function problemsOf(gateway: GatewayProcess): Promise<readonly string[]> {
  const told = (await (await operations(gateway, "/readyz")).json()) as {
    problems?: { message: string }[];
  };
  return (told.problems ?? []).map(({ message }) => message);
}

const metricOf = async (gateway: GatewayProcess, name: string) => {
  const told = await (await operations(gateway, "/metrics")).text();
  return Array.from(told.matchAll(new RegExp(`^${name}{.*} (.*)$`, "gm")), ([, value]) => value);
};

/** Resolves once all workers serve and the given one is none of them. */
const replaced = (gateway: GatewayProcess, pid: number, count: number) =>
  eventually(async () => {
    expect(await metricOf(gateway, "gateway_workers")).toEqual([`${count}`]);
    expect(gateway.workers()).toHaveLength(count);
    expect(gateway.workers()).not.toContain(pid);
  }, SLOW);

const isGone = (pid: number) => expect(existsSync(`/proc/${pid}`)).toBe(false);

function oldestWorker(gateway: GatewayProcess): number {
  const [pid] = gateway.workers();
  if (pid === undefined) throw new Error("there is no worker");
  return pid;
}

/** SIGTERM lets requests under way end, stops every worker and exits 0. */
async function letsRequestsEnd(gateway: GatewayProcess): Promise<void> {
  const workers = gateway.workers();
  const sockets = workers.map(() => net.connect(gateway.port, "127.0.0.1"));
  for (const socket of sockets) socket.write(`GET ${FLAG} HTTP/1.1\r\n`);
  // A later connection was taken by a worker, so these were as well.
  await call(gateway.port);
  await call(gateway.port);
  gateway.kill("SIGTERM");
  const isStopping = () => gateway.lines().filter(({ msg }) => msg === "stopping").length === 3;
  await eventually(isStopping, SLOW);
  const answers = sockets.map(async (socket) => {
    socket.write("Host: gateway\r\n\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    return answer.toString("latin1", 0, 15);
  });
  expect(await Promise.all(answers)).toEqual(["HTTP/1.1 200 OK", "HTTP/1.1 200 OK"]);
  for (const socket of sockets) socket.destroy();
  expect(await gateway.ended).toBe(0);
  for (const pid of workers) isGone(pid);
}

/** Another gateway on the port, or on the directory, is told in one sentence. */
async function tellsAnother(first: GatewayProcess): Promise<void> {
  const [port, dir] = [`${first.port}`, first.dataDir];
  const onPort = await start({ GATEWAY_WORKERS: "2", GATEWAY_PORT: port });
  const onDirectory = await start({ GATEWAY_WORKERS: "3", GATEWAY_DATA_DIR: dir });
  expect([await onPort.ended, onPort.stderr]).toEqual([
    1,
    `gateway: cannot listen on 127.0.0.1:${port}: another process is using it\n`,
  ]);
  expect([await onDirectory.ended, onDirectory.stderr]).toEqual([
    1,
    `gateway: another gateway uses the spool in ${dir}/worker-1\n`,
  ]);
  await call(first.port);
}

test(
  "one worker is one process, which serves and ends as it did without the setting",
  async () => {
    const gateway = await startWorkers(1);
    expect(gateway.workers()).toEqual([]);
    expect(gateway.lines().filter((line) => "worker" in line)).toEqual([]);
    expect(await metricOf(gateway, "gateway_workers")).toEqual([]);
    await call(gateway.port);
    gateway.kill("SIGTERM");
    expect(await gateway.ended).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "two workers get as many connections each, and one operations port answers for both",
  async () => {
    const gateway = await start({ GATEWAY_WORKERS: "2" });
    await eventually(async () => {
      expect(await problemsOf(gateway)).toContain("worker 2 is not started yet");
    }, SLOW);
    expect((await operations(gateway, "/livez")).status).toBe(200);
    await gateway.serving();
    const by = new Map<string, number>();
    for (let n = 0; n < 20; n++) {
      const worker = await call(gateway.port);
      by.set(worker, (by.get(worker) ?? 0) + 1);
    }
    expect([...by.values()]).toEqual([10, 10]);
    expect(await metricOf(gateway, "gateway_workers")).toEqual(["2"]);
    expect(await metricOf(gateway, "gateway_usage_uncommitted_records")).toEqual(["0"]);
    expect((await operations(gateway, "/livez")).status).toBe(200);
    expect((await operations(gateway, "/readyz")).status).toBe(503);
    const problems = await problemsOf(gateway);
    expect(problems).not.toContain("worker 2 is not started yet");
    const missing = [
      "worker 1: API keys are not loaded yet",
      "worker 2: API keys are not loaded yet",
    ];
    expect(problems).toEqual(expect.arrayContaining(missing));
    const named = new Set(gateway.lines().map(({ worker }) => worker));
    expect(named).toEqual(new Set([undefined, 1, 2]));
    await letsRequestsEnd(gateway);
  },
  TIMEOUT_MS,
);

test(
  "connections on their way to a worker that is killed are answered by another; another gateway on the port, or on the directory, is told",
  async () => {
    const gateway = await startWorkers(2);
    const victim = oldestWorker(gateway);
    process.kill(victim, "SIGSTOP");
    let answered = 0;
    const calls = Array.from({ length: CALLERS }, async () => {
      await call(gateway.port);
      answered += 1;
    });
    // Those that came at once were dealt out evenly, and the other worker has answered its half.
    await eventually(() => answered >= CALLERS / 2);
    expect(answered).toBeLessThan(CALLERS);
    process.kill(victim, "SIGKILL");
    await Promise.all(calls);
    await replaced(gateway, victim, 2);
    await tellsAnother(gateway);
  },
  TIMEOUT_MS,
);

test(
  "a worker that ends under a loop of new connections is replaced, and a supervisor that is killed leaves no process",
  async () => {
    const gateway = await startWorkers(2);
    const ends = [
      { signal: "SIGKILL", underWayMax: CALLERS },
      { signal: "SIGTERM", underWayMax: 0 },
    ] as const;
    for (const [at, { signal, underWayMax }] of ends.entries()) {
      const callers = startCallers(gateway.port, CALLERS);
      await eventually(() => callers.seen.answers.size === 2, SLOW);
      const victim = oldestWorker(gateway);
      process.kill(victim, signal);
      await replaced(gateway, victim, 2);
      await eventually(() => callers.seen.answers.size === 3, SLOW);
      const { failed } = await callers.stop();
      expect(failed.filter((code) => code !== "ECONNRESET")).toEqual([]);
      expect(failed.length).toBeLessThanOrEqual(underWayMax);
      expect(await metricOf(gateway, "gateway_worker_restarts_total")).toEqual([`${at + 1}`]);
    }
    const workers = gateway.workers();
    gateway.kill("SIGKILL");
    await eventually(() => workers.forEach(isGone), SLOW);
    expect(await gateway.ended).toBe(null);
  },
  TIMEOUT_MS,
);

test(
  "SIGTERM while workers start is a clean stop",
  async () => {
    const gateway = await start({ GATEWAY_WORKERS: "3" });
    await eventually(() => gateway.workers().length > 0, SLOW);
    const workers = gateway.workers();
    gateway.kill("SIGTERM");
    expect([await gateway.ended, gateway.stderr]).toEqual([0, ""]);
    for (const pid of workers) isGone(pid);
  },
  TIMEOUT_MS,
);

test(
  "a number of workers out of bounds is told before anything starts",
  async () => {
    const gateway = await start({ GATEWAY_WORKERS: "65" });
    expect([await gateway.ended, gateway.stderr]).toEqual([
      1,
      "gateway: the configuration has mistakes:\n" +
        '  GATEWAY_WORKERS must be a whole number from 1 to 64 or auto, not "65"\n',
    ]);
  },
  TIMEOUT_MS,
);
