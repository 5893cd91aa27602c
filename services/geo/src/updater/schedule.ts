/** What is remembered of a source between tries and across restarts. */
export interface SourceState {
  /** When the source may be asked again, in milliseconds of Unix time. */
  readonly nextTryMs: number;
  /** How many tries have failed since the last success. */
  readonly failures: number;
  /** The validator of the download that is in place: an entity tag, or the version of a package. */
  readonly etag?: string | undefined;
  /** When a try last succeeded, also without anything new, in milliseconds of Unix time. */
  readonly successMs?: number | undefined;
}

const RETRY_MS_MIN = 3_600_000;
/** Longer than any interval and any wait that a publisher may ask for. */
const WAIT_MS_MAX = 40 * 24 * 3_600_000;

/** What decides when a source is asked again. */
export interface NextTryOptions {
  readonly failures: number;
  readonly intervalMs: number;
  /** At least 0 and below 1. */
  readonly random: number;
  /** How long the publisher asks to wait, in milliseconds; default 0. */
  readonly retryAfterMs?: number;
}

/**
 * True for a source that may be asked now. A try that is more than 40 days ahead was written by a clock that was wrong, and counts
 * as due.
 */
export function isDue({ nextTryMs }: SourceState, wallMs: number): boolean {
  return nextTryMs <= wallMs || nextTryMs > wallMs + WAIT_MS_MAX;
}

/**
 * When to ask again, in milliseconds of Unix time: after a success in one interval, more or less by up to a tenth; after
 * failures in 1, 2, 4 and so on hours, but at most in one interval, or sooner by up to half; never before the publisher asks for it.
 */
export function nextTry(wallMs: number, options: NextTryOptions): number {
  const { failures, intervalMs, random, retryAfterMs = 0 } = options;
  if (failures === 0) return wallMs + intervalMs * (0.9 + 0.2 * random);
  const delay = Math.min(intervalMs, RETRY_MS_MIN * 2 ** (failures - 1));
  return wallMs + Math.max(delay * (1 - random / 2), retryAfterMs);
}
