/** Numbers below a bound, by a seeded generator, so that every run asks the same. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/**
 * Addresses of many networks, so that no cache of one answer flatters a figure. None is special-purpose: those are free of
 * charge.
 */
export function addresses(count: number, seed = 12_345): string[] {
  const next = numbers(seed);
  return Array.from(
    { length: count },
    () => `${11 + next(80)}.${next(256)}.${next(256)}.${1 + next(254)}`,
  );
}
