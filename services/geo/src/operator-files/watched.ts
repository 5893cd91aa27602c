import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@geomesh/runtime/log";
import { LineError } from "./lines.ts";

/** What `Watched` works with. */
export interface WatchedDeps<T> {
  /** A file or a directory; undefined if the operator has none, and the initial value stays. */
  readonly path: string | undefined;
  readonly initial: T;
  readonly read: (path: string) => Promise<T>;
  /** Reads files that changed while geo serves, without delaying lookups; default is `read`. */
  readonly readChanged?: (path: string) => Promise<T>;
  readonly log: Log;
}

/**
 * The value of an operator's file or directory, read again when it changed. A file that cannot be read or has an
 * invalid line is logged once, and the last valid value stays.
 */
export class Watched<T> {
  value: T;
  /** Why the files as they are now are refused. */
  problem: string | undefined;
  readonly #deps: WatchedDeps<T>;
  #signature = "";

  constructor(deps: WatchedDeps<T>) {
    this.#deps = deps;
    this.value = deps.initial;
  }

  /** Reads what changed; says whether the value did. */
  async poll(): Promise<boolean> {
    const { path, read, readChanged = read, log } = this.#deps;
    if (path === undefined) return false;
    const signature = await signatureOf(path);
    if (signature === this.#signature) return false;
    const isFirst = this.#signature === "";
    this.#signature = signature;
    try {
      this.value = await (isFirst ? read(path) : readChanged(path));
      this.problem = undefined;
      log.info({ path }, "operator files read");
      return true;
    } catch (error) {
      this.problem =
        error instanceof LineError
          ? error.message
          : `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`;
      log.warn({ path, problem: this.problem }, "operator files refused; the last valid ones stay");
      return false;
    }
  }
}

/** Changes when a file does, or any file below a directory. */
async function signatureOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return "missing";
  if (!found.isDirectory()) return `${found.ino}:${found.size}:${found.mtimeMs}`;
  const names = (await readdir(path)).sort();
  const parts = await Promise.all(
    names.map(async (name) => `${name}=${await signatureOf(join(path, name))}`),
  );
  return parts.join(",");
}
