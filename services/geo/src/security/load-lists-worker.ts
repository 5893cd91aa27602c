import { parentPort, workerData } from "node:worker_threads";
import { LineError } from "../operator-files/lines.ts";
import { loadSecurityLists } from "./load-lists.ts";
import type { SecurityLists } from "./security-index.ts";

/** What the thread answers: the lists, or why they are refused. */
export type ListsAnswer =
  | { readonly lists: SecurityLists }
  | { readonly line: Pick<LineError, "number" | "problem" | "path"> }
  | { readonly code: string };

try {
  const lists = await loadSecurityLists(workerData as string);
  const { ipv4, ipv6 } = lists.segments;
  const buffers = [ipv4.starts, ipv4.values, ipv6.starts, ipv6.values].map(({ buffer }) => buffer);
  parentPort?.postMessage({ lists } satisfies ListsAnswer, buffers as ArrayBuffer[]);
} catch (error) {
  parentPort?.postMessage(refusal(error));
}

function refusal(error: unknown): ListsAnswer {
  if (error instanceof LineError) {
    const { number, problem, path } = error;
    return { line: { number, problem, path } };
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return { code };
}
