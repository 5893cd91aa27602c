/** How work is cut and bounded. */
export interface OrderedWindowOptions {
  /** Most items of one part. */
  readonly itemsMax: number;
  /** Most parts that are under way. */
  readonly underWayMax: number;
  /** Hears that no result is taken any more: all were, one failed, or the consumer has gone. */
  readonly onOver: () => void;
}

/**
 * Works on items as they come, several parts at a time, and gives the results in the order of the items, each as soon as it and
 * those before it are there. Takes items only while there is room for a part, so that a consumer that stops, stops the source.
 * Errors: those of the source, after the results of what came before; those of the work, after the results before it.
 */
export async function* orderedWindow<Item, Result>(
  source: AsyncIterable<readonly Item[]>,
  work: (part: readonly Item[]) => Promise<Result>,
  { itemsMax, underWayMax, onOver }: OrderedWindowOptions,
): AsyncGenerator<Result, void, undefined> {
  const items = source[Symbol.asyncIterator]();
  const underWay: Promise<Result>[] = [];
  let waiting: readonly Item[] = [];
  let failure: { readonly error: unknown } | undefined;
  let hasEnded = false;
  let reading: Promise<unknown> | undefined;

  function read(): Promise<unknown> {
    return items.next().then(
      ({ done = false, value }) => {
        if (done) hasEnded = true;
        else waiting = value as readonly Item[];
      },
      (error: unknown) => {
        failure = { error };
        hasEnded = true;
      },
    );
  }

  try {
    for (;;) {
      while (waiting.length > 0 && underWay.length < underWayMax) {
        const result = work(waiting.slice(0, itemsMax));
        // It is awaited in its turn.
        result.catch(() => undefined);
        underWay.push(result);
        waiting = waiting.slice(itemsMax);
      }
      const [oldest] = underWay;
      if (waiting.length === 0 && !hasEnded) {
        reading ??= read().finally(() => {
          reading = undefined;
        });
        if (oldest === undefined || underWay.length < underWayMax) {
          const isRead = reading.then(() => true);
          const isDone = oldest?.then(
            () => false,
            () => false,
          );
          if (await (isDone === undefined ? isRead : Promise.race([isDone, isRead]))) continue;
        }
      }
      if (oldest === undefined) break;
      yield await oldest;
      underWay.shift();
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    onOver();
    // It may wait for what never comes; whoever reads the source hears of the end by its own way.
    items.return?.().catch(() => undefined);
  }
}
