import os from "node:os";
import process from "node:process";
import { ask, createCustomer } from "../support/api.ts";
import { type Mesh, startTestMesh } from "../support/mesh.ts";
import { cpuSeconds } from "./cpu.ts";
import type { LoadPlan, LoadResult } from "./load.ts";
import { startScript } from "./server.ts";

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 128;
/** Addresses of many networks, so that no cache of one answer flatters the figure. */
const ADDRESSES_COUNT = 2_000;
const NO_LIMITS = { monthly_quota: "1000000000", key_rate: { requests: 1_000_000 } };

type CpuTimes = Record<string, number>;

interface Round {
  readonly result: LoadResult;
  readonly cpu: CpuTimes;
}

/**
 * Lookups through the whole mesh with key, rate, quota and spool on, beside a bare `node:http` server that answers the
 * same bytes: rounds in turn in one run, so that the ratio holds when the machine's speed drifts.
 */
export async function benchGateway(): Promise<void> {
  const mesh = await startTestMesh();
  try {
    const { key } = await createCustomer(mesh, NO_LIMITS);
    const body = (await ask(mesh, "/v1/locations/81.2.69.142", { key })).text;
    const bare = await startScript("bare-server.ts", body);
    const paths = randomAddresses().map((address) => `/v1/locations/${address}`);
    const plan = { connections: CONNECTIONS, paths, headers: { authorization: `Bearer ${key}` } };
    const gatewayPort = Number(new URL(mesh.baseUrl).port);
    const bareRound = () =>
      round({ ...plan, port: Number(bare.firstLine), seconds: SECONDS }, () => ({
        bare: bare.child.pid ?? 0,
      }));
    const meshRound = (seconds: number) =>
      round({ ...plan, port: gatewayPort, seconds }, () => meshPids(mesh));

    await meshRound(2);
    const rounds: { bare: Round; mesh: Round }[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      rounds.push({ bare: await bareRound(), mesh: await meshRound(SECONDS) });
    }
    bare.child.kill();
    print(rounds);
  } finally {
    await mesh.close();
  }
}

function meshPids(mesh: Mesh): Record<string, number> {
  const { gateway = 0, geo = 0, auth = 0, metering = 0, nats = 0 } = mesh.pids();
  return { gateway, geo, auth, metering, nats };
}

async function round(plan: LoadPlan, pidsNow: () => Record<string, number>): Promise<Round> {
  const pids = Object.entries(pidsNow());
  const before = pids.map(([, pid]) => cpuSeconds(pid));
  const { firstLine } = await startScript("load.ts", JSON.stringify(plan));
  const after = pids.map(([, pid]) => cpuSeconds(pid));
  const result = JSON.parse(firstLine) as LoadResult;
  const cpu = pids.map(([name], i) => [name, (after[i] ?? 0) - (before[i] ?? 0)]);
  return { result, cpu: Object.fromEntries(cpu) };
}

/** Seeded, so that every run asks the same. Private ranges are free of charge and therefore left out. */
function randomAddresses(): string[] {
  let state = 12345;
  const next = (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  return Array.from(
    { length: ADDRESSES_COUNT },
    () => `${11 + next(80)}.${next(256)}.${next(256)}.${1 + next(254)}`,
  );
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const perSecond = ({ result }: Round) => result.requests / result.seconds;

function print(rounds: { bare: Round; mesh: Round }[]): void {
  const [cpu] = os.cpus();
  console.log(
    `machine    ${os.availableParallelism()} cores, ${cpu?.model}, Node ${process.version}`,
  );
  console.log(
    `load       ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s each, in turn`,
  );
  for (const kind of ["bare", "mesh"] as const) {
    const all = rounds.map((each) => each[kind]);
    const { p50Ms, p99Ms } = all[0]?.result ?? { p50Ms: 0, p99Ms: 0 };
    const statuses = JSON.stringify(all[0]?.result.statuses);
    console.log(
      `${kind.padEnd(10)} ${Math.round(median(all.map(perSecond)))} requests/s, ` +
        `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, statuses ${statuses}`,
    );
    for (const name of Object.keys(all[0]?.cpu ?? {})) {
      const perThousand = all.map(({ cpu, result }) => ((cpu[name] ?? 0) / result.requests) * 1000);
      console.log(`  ${name.padEnd(9)} ${median(perThousand).toFixed(4)} CPU-s per 1,000 requests`);
    }
  }
  const ratios = rounds.map((each) => perSecond(each.mesh) / perSecond(each.bare));
  console.log(`ratio      mesh / bare ${median(ratios).toFixed(2)}`);
}
