import { LineError } from "../operator-files/lines.ts";
import { askThread } from "../threads/ask-thread.ts";
import type { ListsAnswer } from "./load-lists-worker.ts";
import type { SecurityLists } from "./security-index.ts";

/**
 * Does what `loadSecurityLists` does in a thread of its own: a list of Apple's relays has 280,000 lines, and lookups continue meanwhile.
 * Errors: LineError; an Error with the code of node:fs; those of `askThread`.
 */
export async function loadSecurityListsInThread(directory: string): Promise<SecurityLists> {
  const file = new URL("./load-lists-worker.ts", import.meta.url);
  const answer = await askThread<ListsAnswer>(file, directory);
  if ("lists" in answer) return answer.lists;
  if ("code" in answer) throw Object.assign(new Error(answer.code), { code: answer.code });
  const { number, problem, path } = answer.line;
  throw new LineError(number, problem, path);
}
