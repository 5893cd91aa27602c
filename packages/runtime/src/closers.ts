import { withTimeLimit } from "./async/time-limit.ts";
import type { Log } from "./log.ts";

const STEP_TIMEOUT_MS = 6_000;

/** Closes what was opened, in reverse order. A step that fails or hangs does not keep the others open. */
export class Closers {
  readonly #log: Log;
  readonly #steps: { name: string; close: () => unknown }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** Remembers how to close what was just opened; `name` is for the log. */
  add(name: string, close: () => unknown): void {
    this.#steps.push({ name, close });
  }

  /** Closes everything, each step within 6 s. Never rejects. */
  async closeAll(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { name, close } = step;
      try {
        await withTimeLimit(Promise.resolve(close()), STEP_TIMEOUT_MS);
      } catch (err) {
        this.#log.warn({ err, step: name }, "did not close cleanly");
      }
    }
  }
}
