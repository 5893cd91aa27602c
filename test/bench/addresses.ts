import { seededNumbers } from "@geomesh/testing/seeded-numbers";

/**
 * Addresses of many networks, so that no cache of one answer flatters a figure. None is special-purpose: those are free of
 * charge.
 */
export function addresses(count: number, seed = 12_345): string[] {
  const next = seededNumbers(seed);
  return Array.from(
    { length: count },
    () => `${11 + next(80)}.${next(256)}.${next(256)}.${1 + next(254)}`,
  );
}
