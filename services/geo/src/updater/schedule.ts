/** What is remembered of a source between tries and across restarts. */
export interface SourceState {
  /** Unix time in milliseconds before which the source is not asked again. */
  readonly nextTryMs: number;
  /** Tries that failed since the last one that did not. */
  readonly failures: number;
  /** The validator of the download that is in place. */
  readonly etag?: string | undefined;
}

const HOUR_MS = 3_600_000;
const firstRetryMs = HOUR_MS;

/**
 * When to ask again: after a success in an interval, give or take a tenth; after failures in an hour, two, four and so
 * on, at most an interval, or up to half of that sooner. `random` is at least 0 and below 1.
 */
export function nextTry(
  nowMs: number,
  { failures, intervalMs, random }: { failures: number; intervalMs: number; random: number },
): number {
  if (failures === 0) return nowMs + intervalMs * (0.9 + 0.2 * random);
  const delay = Math.min(intervalMs, firstRetryMs * 2 ** (failures - 1));
  return nowMs + delay * (1 - random / 2);
}
