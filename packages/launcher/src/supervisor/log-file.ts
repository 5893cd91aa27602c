import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from "node:fs";

const BYTES_MAX_DEFAULT = 10 * 1024 * 1024;
const TAIL_BYTES_MAX = 16 * 1024;

/**
 * The output of a child. At `bytesMax` the file is renamed to `<path>.1`, replacing an older one, and a new file begins, so that
 * the log takes at most twice that. Written synchronously, so that it contains the last output of a child that died.
 */
export class LogFile {
  readonly path: string;
  readonly #bytesMax: number;
  #fd: number;
  #bytes: number;

  constructor(path: string, bytesMax = BYTES_MAX_DEFAULT) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#fd = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#fd).size;
  }

  /** Appends output. */
  write(chunk: Uint8Array): void {
    if (this.#bytes > 0 && this.#bytes + chunk.byteLength > this.#bytesMax) this.#rotate();
    this.#bytes += writeSync(this.#fd, chunk);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #rotate(): void {
    closeSync(this.#fd);
    renameSync(this.path, `${this.path}.1`);
    this.#fd = openSync(this.path, "a", 0o600);
    this.#bytes = 0;
  }
}

/** The last lines of a file within its last 16 KiB; empty if there is no file. */
export function tailOf(path: string, linesMax: number): string[] {
  const buffer = Buffer.alloc(TAIL_BYTES_MAX);
  try {
    const fd = openSync(path, "r");
    const start = Math.max(0, fstatSync(fd).size - TAIL_BYTES_MAX);
    const length = readSync(fd, buffer, 0, TAIL_BYTES_MAX, start);
    closeSync(fd);
    return buffer.toString("utf8", 0, length).trimEnd().split("\n").slice(-linesMax);
  } catch {
    return [];
  }
}
