import type { DatasetFacts } from "../layers/layer.ts";

/** A new build has at least and at most this many times the networks of the old one. */
const GROWTH_MIN = 0.5;
const GROWTH_MAX = 2;

/** Why a new build must not take the place of the one in force; undefined if it may. */
export function reasonAgainst(next: DatasetFacts, current: DatasetFacts): string | undefined {
  if (next.type !== current.type) return `its type is ${next.type}, not ${current.type}`;
  if (next.buildTime < current.buildTime) {
    return `it was built ${day(next.buildTime)}, before the one in force (${day(current.buildTime)})`;
  }
  const growth = next.networks / Math.max(1, current.networks);
  if (growth >= GROWTH_MIN && growth <= GROWTH_MAX) return undefined;
  return `it has ${next.networks} networks, the one in force ${current.networks}`;
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}
