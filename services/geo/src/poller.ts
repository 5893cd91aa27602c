import type { Log } from "@geomesh/runtime/log";

/** Calls `poll` again and again, each time `pauseMs` after the last one ended; what it throws is logged. */
export class Poller {
  readonly #poll: () => Promise<void>;
  readonly #pauseMs: number;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(poll: () => Promise<void>, pauseMs: number, log: Log) {
    this.#poll = poll;
    this.#pauseMs = pauseMs;
    this.#log = log;
    this.#schedule();
  }

  /** Waits for a poll under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, this.#pauseMs);
  }

  async #run(): Promise<void> {
    try {
      await this.#poll();
    } catch (err) {
      this.#log.error({ err }, "poll failed");
    }
    this.#schedule();
  }
}
