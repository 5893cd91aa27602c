/** Settles as the promise does. Errors: what `onLate` returns, when that takes longer than `limitMs` milliseconds. */
export async function withTimeLimit<T>(
  promise: Promise<T>,
  limitMs: number,
  onLate: () => Error = () => new Error(`not done after ${limitMs} ms`),
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(onLate()), limitMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
