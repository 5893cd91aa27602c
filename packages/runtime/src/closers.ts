import { withTimeLimit } from "./async/time-limit.ts";
import type { Log } from "./log.ts";

const STEP_TIMEOUT_MS = 6_000;

/** What was opened, to be closed in reverse order. One that fails or hangs does not keep the others open. */
export class Closers {
  readonly #log: Log;
  readonly #steps: { name: string; close: () => unknown }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string, close: () => unknown): void {
    this.#steps.push({ name, close });
  }

  /** Never throws. Each step may take up to 6 s. */
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
