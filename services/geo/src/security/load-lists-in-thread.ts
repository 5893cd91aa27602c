import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { LineError } from "../operator-files/lines.ts";
import type { ListsAnswer } from "./load-lists-worker.ts";
import type { SecurityLists } from "./security-index.ts";

const LOAD_MS_MAX = 120_000;
const HEAP_MEBIBYTES_MAX = 1024;

/**
 * Does what `loadSecurityLists` does in a thread of its own, for at most 120 s and with a heap of at most 1 GiB: a list of Apple's
 * relays has 280,000 lines, and lookups continue meanwhile. Errors: LineError; an Error with the code of node:fs or of the thread.
 */
export async function loadSecurityListsInThread(directory: string): Promise<SecurityLists> {
  const worker = new Worker(new URL("./load-lists-worker.ts", import.meta.url), {
    workerData: directory,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
  });
  try {
    const signal = AbortSignal.timeout(LOAD_MS_MAX);
    const [answer] = (await once(worker, "message", { signal })) as [ListsAnswer];
    if ("lists" in answer) return answer.lists;
    if ("code" in answer) throw Object.assign(new Error(answer.code), { code: answer.code });
    const { number, problem, path } = answer.line;
    throw new LineError(number, problem, path);
  } finally {
    await worker.terminate();
  }
}
