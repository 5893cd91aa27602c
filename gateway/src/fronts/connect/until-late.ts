import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { HttpCall } from "../http-call.ts";

/** Longest time of a timer, in milliseconds: some 24 days. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * The items of an iterable until the client's deadline, which ends it even while it waits: then the signal of the call
 * aborts. Deadlines beyond 24 days do not end it. Errors: its own, DEADLINE_EXCEEDED.
 */
export async function* untilLate<T>(
  items: AsyncIterable<T>,
  call: HttpCall,
  clock: Clock,
): AsyncGenerator<T> {
  const { deadlineMs = Number.POSITIVE_INFINITY } = call;
  const leftMs = deadlineMs - clock.monotonicMs();
  if (leftMs > TIMER_MS_MAX) {
    yield* items;
    return;
  }
  const iterator = items[Symbol.asyncIterator]();
  let reject: ((error: AppError) => void) | undefined;
  let isLate = false;
  const timer = setTimeout(
    () => {
      isLate = true;
      call.abort();
      reject?.(new AppError("DEADLINE_EXCEEDED"));
    },
    Math.max(leftMs, 0),
  );
  // One promise for each item: a race with one for all would keep what belongs to every item until the end.
  const next = () =>
    new Promise<IteratorResult<T>>((resolve, fail) => {
      reject = fail;
      if (isLate) fail(new AppError("DEADLINE_EXCEEDED"));
      else iterator.next().then(resolve, fail);
    });
  try {
    for (let item = await next(); item.done !== true; item = await next()) yield item.value;
  } finally {
    clearTimeout(timer);
    // It may wait for what never comes; its own cleanup follows when it hears of the signal.
    iterator.return?.().catch(() => undefined);
  }
}
