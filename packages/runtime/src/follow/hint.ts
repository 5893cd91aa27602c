import { type Clock, startAge } from "../clock.ts";
import type { Position } from "./change-sink.ts";

/** A hint that something is missing must be older than this to count: changes are on their way all the time. */
const OVERDUE_MS = 1_000;

/**
 * The oldest hint at a change that has not arrived. Anybody who can publish events can give one, so that no hint is believed:
 * one that is overdue is a reason to ask auth, and auth's answer settles it whatever it says.
 */
export class Hint {
  readonly #clock: Clock;
  #hint: { readonly at: Position; readonly ageMs: () => number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a hint; one of those that wait is enough. */
  take(at: Position): void {
    this.#hint ??= { at, ageMs: startAge(this.#clock) };
  }

  /** Drops what was hinted at, since auth is asked anew. */
  settle(): void {
    this.#hint = undefined;
  }

  /** True where something that was hinted at should long be held. */
  isOverdue(held: Position): boolean {
    if (this.#hint === undefined) return false;
    const { at, ageMs } = this.#hint;
    if (at.historyId === held.historyId && at.revision <= held.revision) this.#hint = undefined;
    return this.#hint !== undefined && ageMs() > OVERDUE_MS;
  }
}
