import type { DatasetFacts } from "../layers/layer.ts";

/** A new build has at least half and at most twice the networks of the one that is serving. */
const GROWTH_MIN = 0.5;
const GROWTH_MAX = 2;
/** A new build has at most twice the unusable records of the one that is serving, or a twentieth of its networks. */
const UNUSABLE_SHARE_MAX = 0.05;

/** Why a new build must not replace the one that is serving; undefined if it may. */
export function reasonAgainst(next: DatasetFacts, current: DatasetFacts): string | undefined {
  if (next.type !== current.type) return `the type is ${next.type}, not ${current.type}`;
  if (next.buildTime < current.buildTime) {
    return `the file was built on ${day(next.buildTime)}, before the serving build (${day(current.buildTime)})`;
  }
  const unusableMax = Math.max(
    current.unusableRecords * GROWTH_MAX,
    next.networks * UNUSABLE_SHARE_MAX,
  );
  if (next.unusableRecords > unusableMax) {
    return `${next.unusableRecords} records have values that cannot be right, in the serving build ${current.unusableRecords}`;
  }
  const growth = next.networks / Math.max(1, current.networks);
  if (growth >= GROWTH_MIN && growth <= GROWTH_MAX) return undefined;
  return `the file has ${next.networks} networks, the serving build has ${current.networks}`;
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}
