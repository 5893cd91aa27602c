const FIRST_DELAY_MS = 200;
const DELAY_MS_MAX = 5_000;
/** A child that lived this long was well, so that its next end is a new trouble and not the old one. */
const STEADY_AFTER_MS = 10_000;

/** How long to wait before a child that died is started again: 0.2 s, doubling to 5 s, from the start after a good while. */
export class Backoff {
  #nextDelayMs = FIRST_DELAY_MS;

  delayMsAfter(upMs: number): number {
    if (upMs >= STEADY_AFTER_MS) this.#nextDelayMs = FIRST_DELAY_MS;
    const delayMs = this.#nextDelayMs;
    this.#nextDelayMs = Math.min(delayMs * 2, DELAY_MS_MAX);
    return delayMs;
  }
}
