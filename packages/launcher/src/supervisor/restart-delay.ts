import { BackOff } from "@geomesh/runtime/async/back-off";

const DELAY_MS_MIN = 200;
const DELAY_MS_MAX = 5_000;
/** A child that lived this long ran well, so that its next end is a new problem and not the old one. */
const STEADY_AFTER_MS = 10_000;

/** How long to wait before a child that died is started again: 0.2 s, doubling to 5 s, and from the start after 10 s of life. */
export class RestartDelay {
  readonly #backOff = new BackOff({ minMs: DELAY_MS_MIN, maxMs: DELAY_MS_MAX });

  /** The wait in milliseconds after a life of `upMs`. */
  afterMs(upMs: number): number {
    if (upMs >= STEADY_AFTER_MS) this.#backOff.reset();
    return this.#backOff.nextMs();
  }
}
