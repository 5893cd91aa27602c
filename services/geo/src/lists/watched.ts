import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@geomesh/runtime/log";
import { BadLine } from "./lines.ts";

/**
 * What is read from an operator's file or directory, read again when it changed. What cannot be read, or has
 * a bad line, is logged once and leaves the last good value in force.
 */
export class Watched<T> {
  value: T;
  /** Why the files as they are now are not in force. */
  problem: string | undefined;
  readonly #path: string | undefined;
  readonly #read: (path: string) => Promise<T>;
  readonly #log: Log;
  #signature = "";

  /** Without a path the initial value stays. */
  constructor(path: string | undefined, initial: T, read: (path: string) => Promise<T>, log: Log) {
    this.#path = path;
    this.value = initial;
    this.#read = read;
    this.#log = log;
  }

  /** Reads what changed; says whether the value did. */
  async poll(): Promise<boolean> {
    if (this.#path === undefined) return false;
    const signature = await signatureOf(this.#path);
    if (signature === this.#signature) return false;
    this.#signature = signature;
    try {
      this.value = await this.#read(this.#path);
      this.problem = undefined;
      this.#log.info({ path: this.#path }, "read");
      return true;
    } catch (error) {
      this.problem =
        error instanceof BadLine
          ? error.message
          : `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`;
      this.#log.warn({ path: this.#path, problem: this.problem }, "the last good version stays");
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
