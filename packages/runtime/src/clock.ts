/** Where a process reads the time. Tests hand in their own. */
export interface Clock {
  /** Milliseconds since 1970 UTC, for times that are shown, stored or compared with other machines. May jump either way. */
  wallMs(): number;
  /** Milliseconds since an arbitrary moment, for ages and deadlines within this process. Never goes back. */
  monotonicMs(): number;
}

/** The clock of the machine. */
export const SYSTEM_CLOCK: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/**
 * Starts to measure an age, and answers a function that tells it in milliseconds: the larger of what both times say, since
 * the monotonic time of a machine that is suspended may stand still, and the wall time may be set back.
 */
export function startAge(clock: Clock): () => number {
  const [wallMs, monotonicMs] = [clock.wallMs(), clock.monotonicMs()];
  return () => Math.max(clock.wallMs() - wallMs, clock.monotonicMs() - monotonicMs);
}
