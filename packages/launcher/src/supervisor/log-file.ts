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
  /** Where the output of this run begins. */
  #begin: number;

  constructor(path: string, bytesMax = BYTES_MAX_DEFAULT) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#fd = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#fd).size;
    this.#begin = this.#bytes;
  }

  /** Appends output. */
  write(chunk: Uint8Array): void {
    if (this.#bytes > 0 && this.#bytes + chunk.byteLength > this.#bytesMax) this.#rotate();
    this.#bytes += writeSync(this.#fd, chunk);
  }

  /** The last lines that were written since this was made, within the last 16 KiB. Empty where they cannot be read. */
  tail(linesMax: number): string[] {
    const start = Math.max(this.#begin, this.#bytes - TAIL_BYTES_MAX);
    const text = readFrom(this.path, start, TAIL_BYTES_MAX).trimEnd();
    return text === "" ? [] : text.split("\n").slice(-linesMax);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #rotate(): void {
    closeSync(this.#fd);
    renameSync(this.path, `${this.path}.1`);
    this.#fd = openSync(this.path, "a", 0o600);
    this.#bytes = 0;
    this.#begin = 0;
  }
}

function readFrom(path: string, start: number, bytesMax: number): string {
  const buffer = Buffer.alloc(bytesMax);
  try {
    const fd = openSync(path, "r");
    try {
      return buffer.toString("utf8", 0, readSync(fd, buffer, 0, bytesMax, start));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}
