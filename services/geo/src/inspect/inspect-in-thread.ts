import { askThread } from "../threads/ask-thread.ts";
import type { InspectionOptions } from "./inspect-file.ts";
import type { InspectionAnswer, InspectionOrder } from "./inspect-worker.ts";
import type { Inspection } from "./inspection.ts";
import { RefusalError } from "./refusal-error.ts";

/** Does what `inspectFile` does in a thread of its own, see `askThread`. Errors: RefusalError. */
export async function inspectInThread(
  path: string,
  options: InspectionOptions,
): Promise<Inspection> {
  const order: InspectionOrder = { path, options };
  try {
    const file = new URL("./inspect-worker.ts", import.meta.url);
    const answer = await askThread<InspectionAnswer>(file, order);
    if ("refused" in answer) throw new RefusalError(answer.refused);
    return answer.inspection;
  } catch (cause) {
    if (cause instanceof RefusalError) throw cause;
    throw new RefusalError(`the check failed: ${(cause as Error).message}`, { cause });
  }
}
