import { askThread } from "../threads/ask-thread.ts";
import type { ListOrder } from "./convert-list.ts";
import type { ListAnswer } from "./convert-list-worker.ts";
import { ListError } from "./list-format.ts";

/**
 * Does what `convertList` does in a thread of its own. Errors: ListError; those of `askThread`.
 */
export async function convertListInThread(order: ListOrder): Promise<void> {
  const file = new URL("./convert-list-worker.ts", import.meta.url);
  const { refused } = await askThread<ListAnswer>(file, order);
  if (refused !== undefined) throw new ListError(refused);
}
