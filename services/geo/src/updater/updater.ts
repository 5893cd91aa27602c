import { randomUUID } from "node:crypto";
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@geomesh/runtime/log";
import { removeAbandoned } from "../datasets/abandoned.ts";
import { reasonAgainst } from "../datasets/compare-builds.ts";
import { layerOf } from "../datasets/layer-of.ts";
import { inspectInThread } from "../inspect/inspect-in-thread.ts";
import { RefusalError } from "../inspect/refusal-error.ts";
import type { DatasetFacts } from "../layers/layer.ts";
import { download } from "./download.ts";
import { nextTry } from "./schedule.ts";
import type { UpdateSource } from "./source.ts";
import type { StateFile } from "./state-file.ts";

/** Hidden from the catalog until they are renamed. */
const INCOMING_NAMES = /^\.[0-9a-f]{8}-[-0-9a-f]{27}-/;

export interface UpdaterOptions {
  readonly sources: readonly UpdateSource[];
  /** The datasets directory. */
  readonly directory: string;
  readonly states: StateFile;
  readonly intervalMs: number;
  /** The dataset in force under a file name. */
  readonly inForce: (name: string) => DatasetFacts | undefined;
  readonly log: Log;
  readonly now: () => number;
  readonly random: () => number;
}

/** Downloads datasets when they are due and puts those that are fit to be served in place, where the catalog finds them. */
export class Updater {
  readonly #options: UpdaterOptions;

  constructor(options: UpdaterOptions) {
    this.#options = options;
  }

  /** Tries every source that is due, one after another. A failure is logged and tried again later. */
  async runDue(): Promise<void> {
    for (const source of this.#options.sources) {
      if (this.#options.states.get(source.name).nextTryMs <= this.#options.now()) {
        await this.#try(source);
      }
    }
  }

  /** The next try is written down before this one starts, as if it failed: a crash must not make it start anew. */
  async #try(source: UpdateSource): Promise<void> {
    const { states, log } = this.#options;
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
      const problem = (error as Error).message;
      log.warn({ dataset: source.name, problem, failures: failures + 1 }, "update failed");
    }
  }

  async #update(source: UpdateSource, etag: string | undefined): Promise<string | undefined> {
    const { directory, log, now } = this.#options;
    await removeAbandoned(directory, INCOMING_NAMES);
    const incoming = join(directory, `.${randomUUID()}-${source.name}`);
    try {
      const result = await download(source, { now: new Date(now()), etag, target: incoming });
      if (result.isNew) {
        await this.#check(incoming, source.name);
        await rename(incoming, join(directory, source.name));
        log.info({ dataset: source.name }, "update in place");
      }
      return result.etag;
    } finally {
      await rm(incoming, { force: true });
    }
  }

  /** Throws `RefusalError`. What is refused here never replaces the file that geo would start from. */
  async #check(path: string, name: string): Promise<void> {
    const inspection = await inspectInThread(path, new Map());
    const current = this.#options.inForce(name);
    if (current === undefined) return;
    const { facts } = layerOf(inspection, name, (await stat(path)).mtime);
    const reason = reasonAgainst(facts, current);
    if (reason !== undefined) throw new RefusalError(reason);
  }

  #next(failures: number): number {
    const { intervalMs, now, random } = this.#options;
    return nextTry(now(), { failures, intervalMs, random: random() });
  }
}
