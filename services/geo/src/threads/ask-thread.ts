import { once } from "node:events";
import { Worker } from "node:worker_threads";

const ANSWER_MS_MAX = 120_000;
const HEAP_MEBIBYTES_MAX = 1024;

/**
 * Runs a file in a thread of its own, which is told `order`, and resolves with the first message that it posts. It has 120 s and a
 * heap of 1 GiB: lookups continue meanwhile, and what runs wild ends the thread and not the process. Errors: those of the thread;
 * an AbortError for one that does not answer in time.
 */
export async function askThread<A>(file: URL, order: unknown): Promise<A> {
  const worker = new Worker(file, {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
  });
  try {
    const [answer] = await once(worker, "message", { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    return answer as A;
  } finally {
    await worker.terminate();
  }
}
