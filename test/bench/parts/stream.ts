import { ask } from "../../support/api.ts";
import { addresses } from "../addresses.ts";
import { type Child, startProgram } from "../child.ts";
import { cpuOf } from "../cpu.ts";
import { median } from "../figures.ts";
import type { StreamOutput, StreamPlan } from "../load/stream-plan.ts";
import { residentMib, watchMemory } from "../memory.ts";
import type { BenchOptions } from "../options.ts";
import { decimal, percent, whole } from "../report.ts";
import { BATCH_PATH, BATCH_SIZE, batches } from "../targets/batches.ts";
import { type BenchMesh, untilCounted } from "../targets/bench-mesh.ts";
import type { Part } from "./part.ts";

const PATH = "/v1/locations:stream";
const BATCHES_UNDER_WAY = 8;
const BYTES_PER_MIB = 1024 * 1024;

/** As streams are. */
const UNCOMPRESSED = { "accept-encoding": "identity" };

/** What one way of asking for the addresses came to. */
interface Seen {
  readonly seconds: number;
  readonly gatewayUs: number;
  readonly geoUs: number;
  /** Most resident memory of the gateway, in MiB. */
  readonly mostMib: number;
  readonly stream?: StreamOutput;
}

/** One stream of many addresses, beside the same addresses in batches. */
export const benchStream: Part = async ({ mesh }, options) => {
  const { key } = await mesh.newCustomer();
  const count = options.streamThousands * BATCH_SIZE;
  const plan = { port: Number(new URL(mesh.baseUrl).port), path: PATH, key, count };
  const client = startProgram("load/streams.ts");
  try {
    // Fills what is kept of answers, so that neither way pays for it.
    await measure(mesh, count, () => sendBatches(mesh, key, count));
    const idleMib = residentMib(mesh.pids()["gateway"] ?? 0);
    const [batched, streamed, stopped] = await measureRounds(mesh, client, plan, options);
    const accepted = Math.max(...stopped.map(({ stream }) => stream?.acceptedBytes ?? 0));
    const most = Math.max(...[...streamed, ...stopped].map(({ mostMib }) => mostMib));
    return {
      title: "stream",
      how: `${whole(count)} addresses in one NDJSON stream over HTTP/1.1, each answered in its place, beside the same in batches of ${whole(BATCH_SIZE)}, ${BATCHES_UNDER_WAY} under way; and in a stream whose reader stops for ${options.stopSeconds} s.`,
      tables: [
        {
          columns: ["", "addresses/s", "gateway µs", "geo µs", "gateway MiB at most", "client"],
          rows: [
            row("batches", batched, count),
            row("stream", streamed, count),
            row("stream, its reader stops", stopped, count),
          ],
        },
      ],
      notes: [
        `stream / batches: ${(median(streamed.map(({ gatewayUs }) => gatewayUs)) / median(batched.map(({ gatewayUs }) => gatewayUs))).toFixed(2)} of the gateway's CPU for an address`,
        `memory of the gateway: ${whole(idleMib)} MiB after the same addresses in batches, ${whole(most)} MiB at most while they are streamed`,
        `while the reader stops, the system takes ${decimal(accepted / BYTES_PER_MIB)} MiB more of the request, its own buffers included`,
      ],
    };
  } finally {
    await client.close();
  }
};

async function measureRounds(
  mesh: BenchMesh,
  client: Child,
  plan: Omit<StreamPlan, "stopSeconds">,
  { rounds, stopSeconds }: BenchOptions,
): Promise<[batched: Seen[], streamed: Seen[], stopped: Seen[]]> {
  const { count, key } = plan;
  const all: [Seen[], Seen[], Seen[]] = [[], [], []];
  const stream = (seconds: number) => async () => {
    client.tell(JSON.stringify({ ...plan, stopSeconds: seconds } satisfies StreamPlan));
    return JSON.parse(await client.line()) as StreamOutput;
  };
  for (let round = 0; round < rounds; round += 1) {
    all[0].push(await measure(mesh, count, () => sendBatches(mesh, key, count)));
    all[1].push(await measure(mesh, count, stream(0)));
    all[2].push(await measure(mesh, count, stream(stopSeconds)));
  }
  return all;
}

/** Measures until metering has counted what was answered. */
async function measure(
  mesh: BenchMesh,
  count: number,
  run: () => Promise<StreamOutput | undefined>,
): Promise<Seen> {
  const { gateway = 0, geo = 0 } = mesh.pids();
  const units = await mesh.countedUnits();
  const mostMib = watchMemory(gateway);
  try {
    const before = cpuOf({ gateway, geo });
    const startMs = performance.now();
    const stream = await run();
    const seconds = stream?.seconds ?? (performance.now() - startMs) / 1_000;
    await untilCounted(mesh.countedUnits, units + count);
    const after = cpuOf({ gateway, geo });
    const us = (name: string) => (((after[name] ?? 0) - (before[name] ?? 0)) / count) * 1e6;
    const seen = { seconds, gatewayUs: us("gateway"), geoUs: us("geo"), mostMib: mostMib() };
    return stream === undefined ? seen : { ...seen, stream };
  } finally {
    mostMib();
  }
}

/** Errors: Error with an answer that is not 200. */
async function sendBatches(mesh: BenchMesh, key: string, count: number): Promise<undefined> {
  const requests = batches(addresses(count), key).values();
  await Promise.all(
    Array.from({ length: BATCHES_UNDER_WAY }, async () => {
      for (const { body = "" } of requests) {
        const asked = { key, body: JSON.parse(body), headers: UNCOMPRESSED };
        const { status, text } = await ask(mesh, BATCH_PATH, asked);
        if (status !== 200) throw new Error(`a batch is answered ${status}: ${text}`);
      }
    }),
  );
}

function row(name: string, all: readonly Seen[], count: number): string[] {
  const middle = (of: (seen: Seen) => number) => median(all.map(of));
  const share = ({ stream, seconds }: Seen) => (stream?.cpuSeconds ?? 0) / seconds;
  return [
    name,
    whole(count / middle(({ seconds }) => seconds)),
    decimal(middle(({ gatewayUs }) => gatewayUs)),
    decimal(middle(({ geoUs }) => geoUs)),
    whole(Math.max(...all.map(({ mostMib }) => mostMib))),
    name === "batches" ? "" : percent(middle(share)),
  ];
}
