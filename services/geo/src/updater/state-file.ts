import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { SourceState } from "./schedule.ts";

/** The states of all sources, on disk, so that a process that is restarted again and again does not download again. */
export class StateFile {
  readonly #path: string;
  readonly #states: Map<string, SourceState>;

  private constructor(path: string, states: Map<string, SourceState>) {
    this.#path = path;
    this.#states = states;
  }

  /** A file that is not there makes an empty one. Throws for one that is not understood: guessing could download in a loop. */
  static async open(path: string): Promise<StateFile> {
    const text = await readFile(path, "utf8").catch((error) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    return new StateFile(path, new Map(Object.entries(JSON.parse(text))));
  }

  get(name: string): SourceState {
    return this.#states.get(name) ?? { nextTryMs: 0, failures: 0 };
  }

  async set(name: string, state: SourceState): Promise<void> {
    this.#states.set(name, state);
    await mkdir(dirname(this.#path), { recursive: true });
    const temporary = `${this.#path}.${randomUUID()}`;
    await writeFile(temporary, JSON.stringify(Object.fromEntries(this.#states)));
    await rename(temporary, this.#path);
  }
}
