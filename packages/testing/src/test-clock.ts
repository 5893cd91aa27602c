import type { Clock } from "@geomesh/runtime/clock";

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  /** Lets time pass: both times move. */
  advance(ms: number): void;
  /** Sets the wall clock alone, as an operator or NTP does. */
  setWall(wallMs: number): void;
}

const MONOTONIC_START_MS = 1_000_000;

/** Makes a clock that starts at a wall time, in milliseconds since 1970 UTC; default 2026-01-01. */
export function createTestClock(wallStartMs = Date.UTC(2026, 0, 1)): TestClock {
  let [wallMs, monotonicMs] = [wallStartMs, MONOTONIC_START_MS];
  return {
    wallMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    advance(ms) {
      wallMs += ms;
      monotonicMs += ms;
    },
    setWall(ms) {
      wallMs = ms;
    },
  };
}
