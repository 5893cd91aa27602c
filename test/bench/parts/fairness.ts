import { ask } from "../../support/api.ts";
import { addresses } from "../addresses.ts";
import type { LoadResult } from "../load/generators.ts";
import { Latencies } from "../load/latencies.ts";
import type { LoadPlan } from "../load/plan.ts";
import type { BenchOptions, Crowd } from "../options.ts";
import { decimal, statusText, whole } from "../report.ts";
import { startBare } from "../targets/bare.ts";
import { BATCH_SIZE, batches } from "../targets/batches.ts";
import { lookups, untilCounted } from "../targets/bench-mesh.ts";
import type { Part, PartDeps } from "./part.ts";

/** Open loop: few enough that the singles themselves are no load. */
const SINGLES_PER_SECOND = 200;
const SINGLES_CONNECTIONS = 32;
const QUIET: Crowd = { batches: 0, waitsAsTold: true };
const ADDRESSES_COUNT = 2_000;
const BATCHES_COUNT = 32;
/** Each measurement lasts longer than those of other parts, because a p99 needs a thousand requests. */
const SECONDS_FACTOR = 2;

interface Plans {
  readonly singles: Omit<LoadPlan, "seconds">;
  readonly bare: Omit<LoadPlan, "seconds">;
  readonly batches: Omit<LoadPlan, "seconds" | "connections">;
}

interface Seen {
  readonly singles: LoadResult;
  readonly bare: LoadResult;
  readonly batches: LoadResult | undefined;
}

/** Single lookups of one account while another sends batches flat out. */
export const benchFairness: Part = async (deps, options) => {
  const { mesh } = deps;
  const [single, bulk] = [await mesh.newCustomer(), await mesh.newCustomer()];
  const port = Number(new URL(mesh.baseUrl).port);
  const requests = lookups(addresses(ADDRESSES_COUNT), single.key);
  const body = (await ask(mesh, "/v1/locations/81.2.69.142", { key: single.key })).text;
  const bare = await startBare(body, requests);
  const paced = { connections: SINGLES_CONNECTIONS, perSecond: SINGLES_PER_SECOND, requests };
  const plans: Plans = {
    singles: { ...paced, port },
    bare: { ...paced, port: bare.port },
    batches: { port, requests: batches(addresses(BATCHES_COUNT * BATCH_SIZE, 99), bulk.key) },
  };
  try {
    const rounds = await measureRounds(deps, plans, options);
    return {
      title: "fairness",
      how: `${SINGLES_PER_SECOND} single lookups a second of one account (open loop), while another account has batches of ${whole(BATCH_SIZE)} under way; one that is refused is sent again when \`Retry-After\` says so, or at once. The bare server gets the same single lookups at the same time: what it loses is the machine's, not the mesh's.`,
      tables: [
        {
          columns: [
            "batches under way",
            "singles",
            "p50 ms",
            "p99 ms",
            "× quiet",
            "max ms",
            "failed",
            "bare p99 ms",
            "batch addresses/s",
            "batch answers",
          ],
          rows: [QUIET, ...options.crowds].map((crowd, at) =>
            row(crowd, rounds[at] ?? [], rounds[0] ?? []),
          ),
        },
      ],
    };
  } finally {
    await bare.close();
  }
};

/** What was seen in all rounds: with nothing else first, then with each crowd. */
async function measureRounds(
  deps: PartDeps,
  plans: Plans,
  { rounds, seconds, warmUpSeconds, crowds }: BenchOptions,
): Promise<Seen[][]> {
  const cases = [QUIET, ...crowds];
  const all: Seen[][] = cases.map(() => []);
  if (warmUpSeconds > 0) await measureOnce(deps, plans, cases.at(-1) ?? QUIET, warmUpSeconds);
  for (let round = 0; round < rounds; round++) {
    for (const [at, crowd] of cases.entries()) {
      all[at]?.push(await measureOnce(deps, plans, crowd, seconds * SECONDS_FACTOR));
    }
  }
  return all;
}

async function measureOnce(
  { mesh, generators }: PartDeps,
  plans: Plans,
  { batches, waitsAsTold }: Crowd,
  seconds: number,
): Promise<Seen> {
  const before = await mesh.countedUnits();
  const [singles, bare, bulk] = await Promise.all([
    generators.prepare({ ...plans.singles, seconds }),
    generators.prepare({ ...plans.bare, seconds }),
    batches > 0
      ? generators.prepare({ ...plans.batches, connections: batches, waitsAsTold, seconds })
      : undefined,
  ]);
  const [one, other, many] = await Promise.all([singles.run(), bare.run(), bulk?.run()]);
  await untilCounted(mesh.countedUnits, before + okOf(one) + okOf(many) * BATCH_SIZE);
  return { singles: one, bare: other, batches: many };
}

function row(crowd: Crowd, rounds: readonly Seen[], quiet: readonly Seen[]): string[] {
  const singles = latencies(rounds.map((each) => each.singles));
  const bare = latencies(rounds.map((each) => each.bare));
  const quietMs = latencies(quiet.map((each) => each.singles)).atMs(0.99);
  const all = rounds.reduce((sum, each) => sum + each.singles.requests, 0);
  const ok = rounds.reduce((sum, each) => sum + okOf(each.singles), 0);
  const bulk = rounds.flatMap((each) => each.batches ?? []);
  const bulkSeconds = bulk.reduce((sum, each) => sum + each.seconds, 0);
  const bulkOk = bulk.reduce((sum, each) => sum + okOf(each), 0);
  return [
    nameOf(crowd),
    whole(all),
    decimal(singles.atMs(0.5)),
    decimal(singles.atMs(0.99)),
    decimal(singles.atMs(0.99) / quietMs),
    decimal(singles.maxMs),
    whole(all - ok),
    decimal(bare.atMs(0.99)),
    bulk.length === 0 ? "" : whole((bulkOk * BATCH_SIZE) / bulkSeconds),
    statusText(sumOf(bulk.map((each) => each.statuses))),
  ];
}

function nameOf({ batches, waitsAsTold }: Crowd): string {
  if (batches === 0) return "none (quiet)";
  return waitsAsTold ? `${batches}` : `${batches}, refused ones at once again`;
}

const okOf = (load: LoadResult | undefined) => load?.statuses["200"] ?? 0;
const latencies = (all: readonly LoadResult[]) =>
  Latencies.sum(all.map((each) => each.latencies.toCounts()));

function sumOf(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const each of all) {
    for (const [status, count] of Object.entries(each)) sum[status] = (sum[status] ?? 0) + count;
  }
  return sum;
}
