import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { replaceFile } from "@geomesh/runtime/files/replace-file";
import type { SourceState } from "./schedule.ts";

/** The states of all sources, on disk, so that a process that is restarted again and again does not download again. */
export class StateFile {
  readonly #path: string;
  readonly #states: Map<string, SourceState>;

  private constructor(path: string, states: Map<string, SourceState>) {
    this.#path = path;
    this.#states = states;
  }

  /**
   * Opens the file; a missing one makes an empty one. Errors: those of node:fs, and SyntaxError for a file that is not
   * JSON: to start without it could download in a loop.
   */
  static async open(path: string): Promise<StateFile> {
    const text = await readFile(path, "utf8").catch((error) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    return new StateFile(path, new Map(Object.entries(JSON.parse(text))));
  }

  /** The state of a source; one that is due now for a source that was never tried. */
  get(name: string): SourceState {
    return this.#states.get(name) ?? { nextTryMs: 0, failures: 0 };
  }

  /** Keeps a state and returns when it is on disk. Errors: those of node:fs. */
  async set(name: string, state: SourceState): Promise<void> {
    this.#states.set(name, state);
    await mkdir(dirname(this.#path), { recursive: true });
    await replaceFile(this.#path, JSON.stringify(Object.fromEntries(this.#states)));
  }
}
