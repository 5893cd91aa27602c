import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import type { Log } from "@geomesh/runtime/log";
import { createSegment, segmentPath, syncDirectory } from "./segment.ts";

const SPARE = "spare";
const RETRY_MS = 1_000;

export interface SegmentsOptions {
  readonly dir: string;
  readonly segmentBytes: number;
  /** Whether one more segment stays within the bound of the spool. */
  readonly mayGrow: () => boolean;
  readonly log: Log;
}

/** The segment that is written to. */
export interface Tail {
  fd: number;
  /** Where the next frame goes. */
  offset: number;
}

/** The segments of the epoch under way: the one that is written to, and a spare that is made ahead of need. */
export class Segments {
  readonly #options: SegmentsOptions;
  readonly #spare: string;
  readonly #tail: Tail;
  #isSpareReady = false;
  #making: Promise<void> | undefined;
  #retryAt = Number.NEGATIVE_INFINITY;

  private constructor(options: SegmentsOptions, fd: number) {
    this.#options = options;
    this.#spare = path.join(options.dir, SPARE);
    this.#tail = { fd, offset: 0 };
    this.#makeSpare();
  }

  static async create(options: SegmentsOptions): Promise<Segments> {
    const first = segmentPath(options.dir, 1n);
    await createSegment(first, options.segmentBytes);
    return new Segments(options, openSync(first, "r+"));
  }

  /** False where the disk or the spool's bound leaves no room for so many bytes. */
  hasRoom(bytes: number): boolean {
    const { segmentBytes } = this.#options;
    if (this.#tail.offset + bytes <= segmentBytes) return true;
    this.#makeSpare();
    return this.#isSpareReady && bytes <= segmentBytes;
  }

  /** Where bytes go whose first frame has this sequence. `hasRoom` must have said yes. */
  tailFor(bytes: number, firstSequence: bigint): Tail {
    const { dir, segmentBytes } = this.#options;
    if (this.#tail.offset + bytes <= segmentBytes) return this.#tail;
    const next = segmentPath(dir, firstSequence);
    renameSync(this.#spare, next);
    syncDirectory(dir);
    closeSync(this.#tail.fd);
    this.#tail.fd = openSync(next, "r+");
    this.#tail.offset = 0;
    this.#isSpareReady = false;
    this.#retryAt = Number.NEGATIVE_INFINITY;
    this.#makeSpare();
    return this.#tail;
  }

  async close(): Promise<void> {
    await this.#making;
    closeSync(this.#tail.fd);
    rmSync(this.#spare, { force: true });
  }

  #makeSpare(): void {
    const now = performance.now();
    if (this.#making !== undefined || this.#isSpareReady || now < this.#retryAt) return;
    this.#retryAt = now + RETRY_MS;
    const { segmentBytes, mayGrow, log } = this.#options;
    if (!mayGrow()) return;
    rmSync(this.#spare, { force: true });
    this.#making = createSegment(this.#spare, segmentBytes)
      .then(
        () => {
          this.#isSpareReady = true;
        },
        (err) => log.error({ err }, "cannot make room for usage"),
      )
      .finally(() => {
        this.#making = undefined;
      });
  }
}
