const OVER = Symbol("over");

/**
 * What comes one by one, in arrays of those that are there within a turn of the event loop, so that nothing waits for more.
 * Errors: those of the source, after what came before.
 */
export async function* gathered<T>(
  source: AsyncIterable<T>,
  countMax: number,
): AsyncGenerator<readonly T[], void, undefined> {
  const items = source[Symbol.asyncIterator]();
  let next = items.next();
  try {
    for (let item = await next; item.done !== true; item = await next) {
      const together = [item.value];
      next = items.next();
      const over = new Promise<typeof OVER>((resolve) => setImmediate(resolve, OVER));
      while (together.length < countMax) {
        // What fails, fails in its own turn.
        const more = await Promise.race([next, over]).catch(() => OVER);
        if (typeof more === "symbol" || more.done === true) break;
        together.push(more.value);
        next = items.next();
      }
      yield together;
    }
  } finally {
    next.catch(() => undefined);
    items.return?.().catch(() => undefined);
  }
}
