import type { Clock } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import { describeError } from "../downloads/describe-error.ts";
import { PublisherError } from "../downloads/publisher-error.ts";
import { isDue, nextTry } from "./schedule.ts";
import type { StateFile } from "./state-file.ts";
import { isUnreachable } from "./unreachable.ts";

/** Something that is kept current. */
export interface Update {
  readonly kind: "dataset" | "list";
  /** By what it is known in the log, in metrics and in the file of states. */
  readonly id: string;
  /** From one success to the next try, in milliseconds. */
  readonly intervalMs: number;
  /** True for what nobody asked for: that there is no network is told in one line, and is no warning. */
  readonly isQuiet?: boolean;
  /**
   * Puts what is new in place. `validator` is that of the one in place. Errors: any; what is in place stays then.
   */
  run(validator: string | undefined): Promise<UpdateOutcome>;
}

/** The outcome of a try that did not fail. */
export interface UpdateOutcome {
  readonly validator: string | undefined;
  /** What was put in place; undefined if nothing changed. */
  readonly file?: string;
}

/** What the updater works with. */
export interface UpdaterDeps {
  readonly updates: readonly Update[];
  readonly states: StateFile;
  readonly clock: Clock;
  /** At least 0 and below 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Ends a download that is under way, and starts no other. */
  readonly signal: AbortSignal;
}

/** Runs updates when they are due. */
export class Updater {
  readonly #deps: UpdaterDeps;

  constructor(deps: UpdaterDeps) {
    this.#deps = deps;
  }

  /** Tries every update that is due, one after another. A failure is logged and tried again later. */
  async runDue(): Promise<void> {
    const { updates, states, clock, signal } = this.#deps;
    for (const update of updates) {
      if (signal.aborted) return;
      if (isDue(states.get(update.id), clock.wallMs())) await this.#try(update);
    }
  }

  /** The next try is written down before this one starts, as if it failed: a process that crashes must not try at once. */
  async #try(update: Update): Promise<void> {
    const { states, clock, log } = this.#deps;
    const { id, kind } = update;
    const before = states.get(id);
    const failures = before.failures + 1;
    const failed = { ...before, failures, nextTryMs: this.#next(update, failures) };
    await states.set(id, failed);
    try {
      const { validator, file } = await update.run(before.etag);
      const [nextTryMs, successMs] = [this.#next(update, 0), clock.wallMs()];
      await states.set(id, { etag: validator, failures: 0, nextTryMs, successMs });
      if (file !== undefined) log.info({ [kind]: id, file }, `${kind} updated`);
    } catch (error) {
      const retryAfterMs = error instanceof PublisherError ? error.retryAfterMs : 0;
      if (retryAfterMs > 0) {
        await states.set(id, { ...failed, nextTryMs: this.#next(update, failures, retryAfterMs) });
      }
      this.#tell(update, error, failures);
    }
  }

  #tell({ id, kind, isQuiet = false }: Update, error: unknown, failures: number): void {
    const { log } = this.#deps;
    const problem = describeError(error);
    if (!isQuiet || !isUnreachable(error)) {
      log.warn({ [kind]: id, problem, failures }, `${kind} update failed`);
    } else if (failures === 1) {
      log.info({ [kind]: id, problem }, `no network for updates; the ${kind} stays as it is`);
    }
  }

  #next({ intervalMs }: Update, failures: number, retryAfterMs = 0): number {
    const { clock, random } = this.#deps;
    return nextTry(clock.wallMs(), { failures, intervalMs, random: random(), retryAfterMs });
  }
}
