import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { ListOrder } from "./convert-list.ts";
import type { ListAnswer } from "./convert-list-worker.ts";
import { ListError } from "./list-format.ts";

const CONVERSION_MS_MAX = 120_000;
const HEAP_MEBIBYTES_MAX = 1024;

/**
 * Does what `convertList` does in a thread of its own, for at most 120 s and with a heap of at most 1 GiB: lookups continue meanwhile.
 * Errors: ListError; an Error of the thread.
 */
export async function convertListInThread(order: ListOrder): Promise<void> {
  const worker = new Worker(new URL("./convert-list-worker.ts", import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
  });
  try {
    const signal = AbortSignal.timeout(CONVERSION_MS_MAX);
    const [{ refused }] = (await once(worker, "message", { signal })) as [ListAnswer];
    if (refused !== undefined) throw new ListError(refused);
  } finally {
    await worker.terminate();
  }
}
