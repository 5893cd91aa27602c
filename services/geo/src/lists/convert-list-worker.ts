import { parentPort, workerData } from "node:worker_threads";
import { convertList, type ListOrder } from "./convert-list.ts";
import { ListError } from "./list-format.ts";

/** What the thread answers: that the file is written, or why the list is refused. */
export interface ListAnswer {
  readonly refused: string | undefined;
}

try {
  await convertList(workerData as ListOrder);
  parentPort?.postMessage({ refused: undefined } satisfies ListAnswer);
} catch (error) {
  if (!(error instanceof ListError)) throw error;
  parentPort?.postMessage({ refused: error.message } satisfies ListAnswer);
}
