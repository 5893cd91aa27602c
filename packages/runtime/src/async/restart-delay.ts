import { BackOff } from "./back-off.ts";

const DELAY_MS_MIN = 200;
const DELAY_MS_MAX = 5_000;
/** A child that lived this long ran well, so that its next end is a new problem and not the old one. */
const STEADY_AFTER_MS = 10_000;

/** How long to wait before a child is restarted: 0.2 s, then twice as long up to 5 s; again 0.2 s after a life of 10 s. */
export class RestartDelay {
  readonly #backOff = new BackOff({ minMs: DELAY_MS_MIN, maxMs: DELAY_MS_MAX });

  /** The wait in milliseconds after a life of `upMs`. */
  afterMs(upMs: number): number {
    if (upMs >= STEADY_AFTER_MS) this.#backOff.reset();
    return this.#backOff.nextMs();
  }
}
