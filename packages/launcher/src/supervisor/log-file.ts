import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from "node:fs";

const BYTES_MAX_DEFAULT = 10 * 1024 * 1024;
const TAIL_BYTES_MAX = 16 * 1024;

/**
 * What a child said. At `bytesMax` the file becomes `<path>.1`, in place of an older one, and a new file is begun,
 * so that a child's log takes at most twice that. Written at once: the last words of a child that died are in it.
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

/** The last lines of a file, looking no further back than 16 KiB; empty where there is none. */
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
