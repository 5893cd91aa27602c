import { mkdir, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { replaceFile } from "@geomesh/runtime/files/replace-file";
import type { Log } from "@geomesh/runtime/log";
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
   * Opens the file; a missing one makes an empty one. A damaged one is set aside under its name with `.damaged`, in place of
   * an earlier one, and every source is due: a try is written down before it starts, so that happens once.
   * Errors: those of node:fs.
   */
  static async open(path: string, log: Log): Promise<StateFile> {
    const text = await readFile(path, "utf8").catch((error) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    const states = parseStates(text);
    if (states !== undefined) return new StateFile(path, states);
    const aside = `${path}.damaged`;
    await rename(path, aside);
    log.warn({ path, aside }, "the states of updates are damaged; the file is set aside");
    return new StateFile(path, new Map());
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

function parseStates(text: string): Map<string, SourceState> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const entries = Object.entries(value);
    return entries.every(([, state]) => isState(state)) ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}

function isState(value: unknown): value is SourceState {
  if (typeof value !== "object" || value === null) return false;
  const { nextTryMs, failures, etag, successMs } = value as Partial<
    Record<keyof SourceState, unknown>
  >;
  return (
    Number.isFinite(nextTryMs) &&
    Number.isInteger(failures) &&
    (failures as number) >= 0 &&
    (etag === undefined || typeof etag === "string") &&
    (successMs === undefined || Number.isFinite(successMs))
  );
}
