import { type Clock, startAge } from "../clock.ts";
import type { Position } from "./change-sink.ts";

/** A hint that something is missing must be older than this to count: changes are on their way all the time. */
const OVERDUE_MS = 1_000;

interface Pending {
  readonly at: Position;
  readonly ageMs: () => number;
}

/**
 * Hints at changes that have not arrived: the oldest, and the newest, which may still be missing when the oldest has come.
 * Anybody who can publish events can give one, so that no hint is believed: one that is overdue is a reason to ask auth, and
 * auth's answer settles all whatever it says.
 */
export class Hint {
  readonly #clock: Clock;
  #oldest: Pending | undefined;
  #newest: Pending | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a hint. */
  take(at: Position): void {
    const pending = { at, ageMs: startAge(this.#clock) };
    if (this.#oldest === undefined) this.#oldest = pending;
    else if (this.#newest === undefined || !isHeld(at, this.#newest.at)) this.#newest = pending;
  }

  /** Drops what was hinted at, since auth is asked anew. */
  settle(): void {
    this.#oldest = undefined;
    this.#newest = undefined;
  }

  /** True where something that was hinted at should long be held. */
  isOverdue(held: Position): boolean {
    while (this.#oldest !== undefined && isHeld(this.#oldest.at, held)) {
      this.#oldest = this.#newest;
      this.#newest = undefined;
    }
    return this.#oldest !== undefined && this.#oldest.ageMs() > OVERDUE_MS;
  }
}

/** True where who holds one position has what the other is about. */
function isHeld(at: Position, held: Position): boolean {
  return at.historyId === held.historyId && at.revision <= held.revision;
}
