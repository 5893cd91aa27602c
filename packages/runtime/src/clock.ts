/** Where every process reads the time. Tests hand in one of their own. */
export interface Clock {
  /** Milliseconds since 1970 UTC, for what is shown, stored or compared with other machines. May jump either way. */
  wallMs(): number;
  /** Milliseconds since some moment of this process, for ages and deadlines. Never goes back. */
  monotonicMs(): number;
}

/** The clock of the machine. */
export const SYSTEM_CLOCK: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
