import { type CpuSeconds, cpuOf } from "./cpu.ts";
import type { LoadGenerators, LoadResult } from "./load/generators.ts";
import type { LoadRequest, LoadShape } from "./load/plan.ts";
import type { BenchOptions } from "./options.ts";
import { statusText } from "./report.ts";

/** A server that is measured. */
export interface Target {
  readonly name: string;
  readonly port: number;
  /** Sent in turn. */
  readonly requests: readonly LoadRequest[];
  /** Its processes by name. */
  readonly pids: () => Readonly<Record<string, number>>;
  /** Called before a load; what it returns is called after it, and waits for work that the answers left behind. */
  readonly watch?: () => Promise<(load: LoadResult) => Promise<void>>;
}

/** One measurement of one target. */
export interface Measured {
  readonly load: LoadResult;
  /** Of each of its processes, from the first request until the work that answers left behind is done. */
  readonly cpu: CpuSeconds;
}

/** Measures a target once. */
async function measure(
  generators: LoadGenerators,
  target: Target,
  shape: LoadShape,
): Promise<Measured> {
  const { port, requests } = target;
  const load = await generators.prepare({ port, requests, ...shape });
  const settle = await target.watch?.();
  const pids = target.pids();
  const before = cpuOf(pids);
  const result = await load.run();
  await settle?.(result);
  const after = cpuOf(pids);
  const cpu = Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]);
  return { load: result, cpu: Object.fromEntries(cpu) };
}

/** A target and how it is loaded. */
export interface Trial {
  readonly target: Target;
  readonly shape: Omit<LoadShape, "seconds">;
  /** Refusals are counted by the caller; else they are an error. */
  readonly mayRefuse?: boolean;
  /** Of every answer. Default 200. */
  readonly status?: string;
}

/**
 * Measures every trial once a round, in turn, so that ratios hold when the machine's speed drifts. Returns the rounds of each
 * trial, in the order of the trials. A refusal is an error, but not in the warm-up, in which leases grow to what is asked for.
 * Errors: Error with an answer of another status.
 */
export async function measureInTurn(
  generators: LoadGenerators,
  trials: readonly Trial[],
  { rounds, seconds, warmUpSeconds }: BenchOptions,
): Promise<Measured[][]> {
  for (const { target, shape } of warmUpSeconds > 0 ? trials : []) {
    await measure(generators, target, { ...shape, seconds: warmUpSeconds });
  }
  const all: Measured[][] = trials.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, { target, shape, mayRefuse, status }] of trials.entries()) {
      const measured = await measure(generators, target, { ...shape, seconds });
      if (!mayRefuse) requireAnswers(target.name, measured.load, status);
      all[at]?.push(measured);
    }
  }
  return all;
}

function requireAnswers(
  name: string,
  { requests, statuses, refusal }: LoadResult,
  status = "200",
): void {
  if (requests > 0 && statuses[status] === requests) return;
  throw new Error(
    `${name}: not every answer is ${status}: ${statusText(statuses)}; one of the others: ${refusal}`,
  );
}
