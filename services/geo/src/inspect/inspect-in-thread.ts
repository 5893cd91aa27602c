import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { InspectionAnswer, InspectionOrder } from "./inspect-worker.ts";
import type { Findings, Inspection } from "./inspection.ts";
import { RefusalError } from "./refusal-error.ts";

const INSPECTION_MS_MAX = 120_000;
const HEAP_MEGABYTES_MAX = 1024;

/**
 * Does what `inspectFile` does in a thread of its own, so that lookups go on meanwhile and a file that makes
 * the check run wild ends the thread and not the process. Throws `RefusalError`.
 */
export async function inspectInThread(
  path: string,
  known: ReadonlyMap<string, Findings>,
): Promise<Inspection> {
  const worker = new Worker(new URL("./inspect-worker.ts", import.meta.url), {
    workerData: { path, known } satisfies InspectionOrder,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES_MAX },
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
