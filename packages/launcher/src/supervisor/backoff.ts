const firstDelayMs = 200;
const delayMsMax = 5_000;
/** A child that lived this long was well, so that its next end is a new trouble and not the old one. */
const steadyAfterMs = 10_000;

/** How long to wait before a child that died is started again: 0.2 s, doubling to 5 s, from the start after a good while. */
export class Backoff {
  #nextDelayMs = firstDelayMs;

  delayMsAfter(upMs: number): number {
    if (upMs >= steadyAfterMs) this.#nextDelayMs = firstDelayMs;
    const delayMs = this.#nextDelayMs;
    this.#nextDelayMs = Math.min(delayMs * 2, delayMsMax);
    return delayMs;
  }
}
