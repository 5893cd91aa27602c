import { AppError } from "@geomesh/runtime/errors";

/** Until when chunks are waited for. */
export interface TimelyOptions {
  /** Longest pause before a chunk, in milliseconds. */
  readonly pauseMsMax: number;
  /** Ends the waiting when it aborts. */
  readonly leaving: AbortSignal;
}

/**
 * The chunks of a body as they come, as long as they come in time. Only the time that somebody waits for a chunk counts. Errors,
 * thrown by the iterable: BODY_TOO_SLOW after a pause that is too long, UPSTREAM_UNAVAILABLE when the gateway leaves; those of the
 * body.
 */
export async function* timely(
  chunks: AsyncIterable<Uint8Array>,
  { pauseMsMax, leaving }: TimelyOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  let giveUp: ((error: AppError) => void) | undefined;
  const leave = () => giveUp?.(new AppError("UPSTREAM_UNAVAILABLE"));
  const late = setTimeout(() => giveUp?.(new AppError("BODY_TOO_SLOW")), pauseMsMax);
  leaving.addEventListener("abort", leave);
  // One promise for each chunk: a race with one for all would keep what belongs to every chunk until the end.
  const next = () =>
    new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
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
