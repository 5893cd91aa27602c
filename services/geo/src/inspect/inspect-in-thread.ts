import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { InspectionOptions } from "./inspect-file.ts";
import type { InspectionAnswer, InspectionOrder } from "./inspect-worker.ts";
import type { Inspection } from "./inspection.ts";
import { RefusalError } from "./refusal-error.ts";

const INSPECTION_MS_MAX = 120_000;
const HEAP_MEBIBYTES_MAX = 1024;

/**
 * Does what `inspectFile` does in a thread of its own, for at most 120 s and with a heap of at most 1 GiB: lookups continue
 * meanwhile, and a file that makes the check run wild ends the thread and not the process. Errors: RefusalError.
 */
export async function inspectInThread(
  path: string,
  options: InspectionOptions,
): Promise<Inspection> {
  const worker = new Worker(new URL("./inspect-worker.ts", import.meta.url), {
    workerData: { path, options } satisfies InspectionOrder,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
  });
  try {
    const signal = AbortSignal.timeout(INSPECTION_MS_MAX);
    const [answer] = (await once(worker, "message", { signal })) as [InspectionAnswer];
    if ("refused" in answer) throw new RefusalError(answer.refused);
    return answer.inspection;
  } catch (cause) {
    if (cause instanceof RefusalError) throw cause;
    throw new RefusalError(`the check failed: ${(cause as Error).message}`, { cause });
  } finally {
    await worker.terminate();
  }
}
