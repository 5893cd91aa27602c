/** What is remembered of a source between tries and across restarts. */
export interface SourceState {
  /** When the source may be asked again, in milliseconds of Unix time. */
  readonly nextTryMs: number;
  /** How many tries have failed since the last success. */
  readonly failures: number;
  /** The validator of the download that is in place. */
  readonly etag?: string | undefined;
}

const RETRY_MS_MIN = 3_600_000;

/** What decides when a source is asked again. */
export interface NextTryOptions {
  readonly failures: number;
  readonly intervalMs: number;
  /** At least 0 and below 1. */
  readonly random: number;
}

/**
 * When to ask again, in milliseconds of Unix time: after a success in one interval, more or less by up to a tenth; after
 * failures in 1, 2, 4 and so on hours, but at most in one interval, or sooner by up to half.
 */
export function nextTry(wallMs: number, { failures, intervalMs, random }: NextTryOptions): number {
  if (failures === 0) return wallMs + intervalMs * (0.9 + 0.2 * random);
  const delay = Math.min(intervalMs, RETRY_MS_MIN * 2 ** (failures - 1));
  return wallMs + delay * (1 - random / 2);
}
