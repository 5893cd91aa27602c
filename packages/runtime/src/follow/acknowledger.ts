import { pause } from "../async/pause.ts";
import { NOTHING_HELD, type Position } from "./change-sink.ts";

/** At most twenty calls a second: what is held meanwhile is told by the next one. */
const PAUSE_MS = 50;

/** Tells auth how far a follower is; the last call of one that ends says so. It must end by itself. */
export type Acknowledge = (held: Position & { readonly isLeaving: boolean }) => Promise<unknown>;

/**
 * Tells auth how far a follower is: one call is under way at most, and what is held when it ends is told next. What fails is told
 * again with the next message of auth, within a second.
 */
export class Acknowledger {
  readonly #acknowledge: Acknowledge;
  readonly #stop = new AbortController();
  #next: Position | undefined;
  #running: Promise<void> | undefined;

  constructor(acknowledge: Acknowledge) {
    this.#acknowledge = acknowledge;
  }

  /**
   * Tells that a follower begins, which must come before it watches: whoever commits meanwhile waits for it. Answers whether auth
   * heard it.
   */
  begin(): Promise<boolean> {
    return this.#tell({ ...NOTHING_HELD, isLeaving: false });
  }

  /** Says what is held now. */
  held(position: Position): void {
    if (this.#stop.signal.aborted) return;
    this.#next = position;
    this.#running ??= this.#run();
  }

  /** Resolves once auth was told that the follower ends, or could not be told. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#tell({ ...NOTHING_HELD, isLeaving: true });
  }

  async #run(): Promise<void> {
    while (this.#next !== undefined && !this.#stop.signal.aborted) {
      const position = this.#next;
      this.#next = undefined;
      await this.#tell({ ...position, isLeaving: false });
      await pause(PAUSE_MS, this.#stop.signal);
    }
    this.#running = undefined;
  }

  async #tell(held: Parameters<Acknowledge>[0]): Promise<boolean> {
    try {
      await this.#acknowledge(held);
      return true;
    } catch {
      return false;
    }
  }
}
