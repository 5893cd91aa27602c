import type { Env } from "@geomesh/runtime/config";
import type { WorkerPlace } from "../usage/worker-dirs.ts";

export type { WorkerPlace } from "../usage/worker-dirs.ts";

const NAME = "GEOMESH_WORKER";

/** The place of a process that runs alone. */
export const ALONE: WorkerPlace = { worker: 1, workers: 1 };

/** The place that a supervisor gave this process; undefined for a process that no supervisor of this gateway started. */
export function placeOf(env: Env): WorkerPlace | undefined {
  const [, worker, workers] = /^(\d+)\/(\d+)$/.exec(env[NAME] ?? "") ?? [];
  return worker && workers ? { worker: Number(worker), workers: Number(workers) } : undefined;
}

/** The environment of a worker: that of its supervisor and its place. It ends with its supervisor. */
export function environmentOf(env: Env, { worker, workers }: WorkerPlace): Env {
  return { ...env, [NAME]: `${worker}/${workers}`, GEOMESH_SUPERVISED: "1" };
}
