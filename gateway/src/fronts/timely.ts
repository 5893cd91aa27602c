import { AppError } from "@geomesh/runtime/errors";

/** Until when a client is waited for. */
export interface TimelyOptions {
  /** Longest pause, in milliseconds. */
  readonly pauseMsMax: number;
  /** Ends the waiting when it aborts. */
  readonly leaving: AbortSignal;
  /** True while answers to what came are owed: a client may wait for them before it goes on. */
  readonly isOwing: () => boolean;
}

/**
 * What a client sends, as it comes, as long as it comes in time. Only the time that somebody waits for it and nothing is owed to the
 * client counts. Errors, thrown by the iterable: BODY_TOO_SLOW after a pause that is too long, UPSTREAM_UNAVAILABLE when the
 * gateway leaves; those of the source.
 */
export async function* timely<T>(
  source: AsyncIterable<T>,
  { pauseMsMax, leaving, isOwing }: TimelyOptions,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let giveUp: ((error: AppError) => void) | undefined;
  const leave = () => giveUp?.(new AppError("UPSTREAM_UNAVAILABLE"));
  const late = setTimeout(() => {
    if (isOwing()) late.refresh();
    else giveUp?.(new AppError("BODY_TOO_SLOW"));
  }, pauseMsMax);
  leaving.addEventListener("abort", leave);
  // One promise for each item: a race with one for all would keep what belongs to every item until the end.
  const next = () =>
    new Promise<IteratorResult<T>>((resolve, reject) => {
      giveUp = reject;
      late.refresh();
      if (leaving.aborted) leave();
      iterator.next().then(resolve, reject);
    });
  try {
    for (let item = await next(); item.done !== true; item = await next()) {
      giveUp = undefined;
      yield item.value;
    }
  } finally {
    clearTimeout(late);
    leaving.removeEventListener("abort", leave);
    // It may wait for what never comes; whoever reads the body hears of its end by its own way.
    iterator.return?.().catch(() => undefined);
  }
}
