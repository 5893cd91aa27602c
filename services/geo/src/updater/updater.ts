import { randomUUID } from "node:crypto";
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@geomesh/runtime/clock";
import { syncDirectory } from "@geomesh/runtime/files/sync-directory";
import type { Log } from "@geomesh/runtime/log";
import { removeAbandoned } from "../datasets/abandoned.ts";
import { reasonAgainst } from "../datasets/compare-builds.ts";
import { layerOf } from "../datasets/layer-of.ts";
import { inspectInThread } from "../inspect/inspect-in-thread.ts";
import { RefusalError } from "../inspect/refusal-error.ts";
import type { DatasetFacts } from "../layers/layer.ts";
import { describeError } from "./describe-error.ts";
import { download, PublisherError } from "./download.ts";
import { isDue, nextTry } from "./schedule.ts";
import type { UpdateSource } from "./source.ts";
import type { StateFile } from "./state-file.ts";

/** The names of downloads under way: hidden from the catalog, and with the extension that their content is known by. */
const INCOMING_NAMES = /^\.[0-9a-f]{8}-[-0-9a-f]{27}-/;

/** What the updater works with. */
export interface UpdaterDeps {
  readonly sources: readonly UpdateSource[];
  /** The datasets directory. */
  readonly directory: string;
  readonly states: StateFile;
  /** The dataset that is serving under a file name. */
  readonly serving: (name: string) => DatasetFacts | undefined;
  readonly clock: Clock;
  /** At least 0 and below 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Ends a download that is under way, and starts no other. */
  readonly signal: AbortSignal;
}

/** How often the updater asks. */
export interface UpdaterOptions {
  /** From one download of a source to the next, in milliseconds. */
  readonly intervalMs: number;
}

/** Downloads datasets when they are due. Those that can be served are put in place, where the catalog finds them. */
export class Updater {
  readonly #deps: UpdaterDeps;
  readonly #intervalMs: number;

  constructor(deps: UpdaterDeps, { intervalMs }: UpdaterOptions) {
    this.#deps = deps;
    this.#intervalMs = intervalMs;
  }

  /** Tries every source that is due, one after another. A failure is logged and tried again later. */
  async runDue(): Promise<void> {
    const { sources, states, clock, signal } = this.#deps;
    for (const source of sources) {
      if (signal.aborted) return;
      if (isDue(states.get(source.name), clock.wallMs())) await this.#try(source);
    }
  }

  /** The next try is written down before this one starts, as if it failed: a process that crashes must not try at once. */
  async #try(source: UpdateSource): Promise<void> {
    const { states, log } = this.#deps;
    const { etag, failures } = states.get(source.name);
    await states.set(source.name, {
      etag,
      failures: failures + 1,
      nextTryMs: this.#next(failures + 1),
    });
    try {
      const newEtag = await this.#update(source, etag);
      await states.set(source.name, { etag: newEtag, failures: 0, nextTryMs: this.#next(0) });
    } catch (error) {
      const retryAfterMs = error instanceof PublisherError ? error.retryAfterMs : 0;
      if (retryAfterMs > 0) {
        const nextTryMs = this.#next(failures + 1, retryAfterMs);
        await states.set(source.name, { etag, failures: failures + 1, nextTryMs });
      }
      const problem = describeError(error);
      log.warn({ dataset: source.name, problem, failures: failures + 1 }, "dataset update failed");
    }
  }

  async #update(source: UpdateSource, etag: string | undefined): Promise<string | undefined> {
    const { directory, log, clock, signal } = this.#deps;
    const wallMs = clock.wallMs();
    const isUnfinished = (name: string) => INCOMING_NAMES.test(name);
    await removeAbandoned(directory, { isUnfinished, wallMs });
    const incoming = join(directory, `.${randomUUID()}-${source.name}`);
    try {
      const result = await download(source, { wallMs, etag, target: incoming, signal });
      if (result.isNew) {
        await this.#check(incoming, source.name);
        await rename(incoming, join(directory, source.name));
        await syncDirectory(directory);
        log.info({ dataset: source.name }, "dataset updated");
      }
      return result.etag;
    } finally {
      await rm(incoming, { force: true });
    }
  }

  /** Errors: RefusalError. A file that is refused here never replaces the one that geo would start from. */
  async #check(path: string, name: string): Promise<void> {
    const inspection = await inspectInThread(path, { wallMs: this.#deps.clock.wallMs() });
    const current = this.#deps.serving(name);
    if (current === undefined) return;
    const { facts } = layerOf(inspection, { name, modifiedAt: (await stat(path)).mtime });
    const reason = reasonAgainst(facts, current);
    if (reason !== undefined) throw new RefusalError(reason);
  }

  #next(failures: number, retryAfterMs = 0): number {
    const { clock, random } = this.#deps;
    const intervalMs = this.#intervalMs;
    return nextTry(clock.wallMs(), { failures, intervalMs, random: random(), retryAfterMs });
  }
}
