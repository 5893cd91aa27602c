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
