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

/** How often changing files are read in one poll. */
const READS_MAX = 3;

/** What was read, or why it is refused. */
type ReadResult<T> = { value: T; problem?: undefined } | { value?: undefined; problem: string };

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

  /**
   * Reads what changed; says whether the value did. Files that are written while they are read are read again: what
   * was read may be a part of each. After `READS_MAX` times that is left to the next call.
   */
  async poll(): Promise<boolean> {
    const { path } = this.#deps;
    if (path === undefined) return false;
    let signature = await signatureOf(path);
    for (let reads = 0; reads < READS_MAX && signature !== this.#signature; reads++) {
      const result = await this.#read(path);
      const after = await signatureOf(path);
      if (after === signature) {
        this.#signature = signature;
        return this.#settle(path, result);
      }
      signature = after;
    }
    return false;
  }

  async #read(path: string): Promise<ReadResult<T>> {
    const { read, readChanged = read } = this.#deps;
    const isFirst = this.#signature === "";
    try {
      return { value: await (isFirst ? read(path) : readChanged(path)) };
    } catch (error) {
      if (error instanceof LineError) return { problem: error.message };
      return { problem: `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})` };
    }
  }

  #settle(path: string, { value, problem }: ReadResult<T>): boolean {
    const { log } = this.#deps;
    this.problem = problem;
    if (value === undefined) {
      log.warn({ path, problem }, "operator files refused; the last valid ones stay");
      return false;
    }
    this.value = value;
    log.info({ path }, "operator files read");
    return true;
  }
}

/**
 * Changes when a file does, or any file below a directory. The time of the inode's change is in it because a directory
 * that was renamed and renamed back keeps all the rest, and so does a file whose modification time was set back.
 */
async function signatureOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return "missing";
  const own = `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`;
  if (!found.isDirectory()) return own;
  // A directory may be renamed or removed behind the stat, too.
  const names = await readdir(path).catch(() => undefined);
  if (names === undefined) return "unreadable";
  names.sort();
  const parts = await Promise.all(
    names.map(async (name) => `${name}=${await signatureOf(join(path, name))}`),
  );
  return [own, ...parts].join(",");
}
