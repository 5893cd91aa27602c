import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { singleFlight } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import { syncDirectoryNow } from "@geomesh/runtime/files/sync-directory";
import type { Log } from "@geomesh/runtime/log";
import type { Disk } from "./disk.ts";
import { segmentPath, sparePath } from "./segment.ts";

const RETRY_MS = 1_000;

/** What segments work with. */
export interface SegmentsDeps {
  /** Whether one more segment stays within the bound of the spool. */
  readonly mayGrow: () => boolean;
  readonly disk: Pick<Disk, "create">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where segments are, and how large. */
export interface SegmentsOptions {
  readonly dir: string;
  readonly segmentBytes: number;
}

/** The segment that is written to. */
export interface Tail {
  readonly fd: number;
  /** Where the next frame goes. */
  offset: number;
  /** The sequence that the segment is named by. */
  readonly firstSequence: number;
}

/**
 * The segments of this epoch: the one that is written to, and a spare that is made before it is needed. There is none until
 * the first record, and on a full disk none until there is room.
 */
export class Segments {
  readonly #deps: SegmentsDeps;
  readonly #options: SegmentsOptions;
  readonly #spare: string;
  readonly #make = singleFlight(() => this.#createSpare());
  #tail: Tail | undefined;
  #isSpareReady = false;
  #isFailing = false;
  #making: Promise<void> | undefined;
  #retryAtMs = Number.NEGATIVE_INFINITY;

  private constructor(deps: SegmentsDeps, options: SegmentsOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#spare = sparePath(options.dir);
  }

  /** Resolves once there is room for the first records in an empty directory, or cannot be for now. */
  static async create(deps: SegmentsDeps, options: SegmentsOptions): Promise<Segments> {
    const segments = new Segments(deps, options);
    segments.#makeSpare();
    await segments.#making;
    return segments;
  }

  /** False where the disk or the spool's bound leaves no room for so many bytes. */
  hasRoom(bytes: number): boolean {
    const { segmentBytes } = this.#options;
    if (this.#tail !== undefined && this.#tail.offset + bytes <= segmentBytes) return true;
    this.#makeSpare();
    return this.#isSpareReady && bytes <= segmentBytes;
  }

  /**
   * The place for bytes whose first frame has this sequence. `hasRoom` must have answered true for them.
   * Errors: those of node:fs.
   */
  tailFor(bytes: number, firstSequence: number): Tail {
    const { dir, segmentBytes } = this.#options;
    const full = this.#tail;
    if (full !== undefined && full.offset + bytes <= segmentBytes) return full;
    const next = segmentPath(dir, firstSequence);
    renameSync(this.#spare, next);
    syncDirectoryNow(dir);
    this.#tail = { fd: openSync(next, "r+"), offset: 0, firstSequence };
    if (full !== undefined) closeSync(full.fd);
    this.#isSpareReady = false;
    this.#retryAtMs = Number.NEGATIVE_INFINITY;
    this.#makeSpare();
    return this.#tail;
  }

  /**
   * Ends the epoch before a sequence by an empty segment of that name: frames with this sequence or a later one are void,
   * also where they reappear on a disk that failed, and what is missing before it is lost. Nothing may be written
   * afterwards. Errors: those of node:fs.
   */
  endBefore(sequence: number): void {
    const { dir } = this.#options;
    const marker = segmentPath(dir, sequence);
    // A segment that begins with the sequence holds nothing else.
    rmSync(marker, { force: true });
    closeSync(openSync(marker, "wx", 0o600));
    syncDirectoryNow(dir);
  }

  /** Deletes the spare. */
  async close(): Promise<void> {
    await this.#making;
    if (this.#tail !== undefined) closeSync(this.#tail.fd);
    rmSync(this.#spare, { force: true });
  }

  /** Begins to make a spare where one is missing and allowed; at most once a second. */
  #makeSpare(): void {
    const { clock, mayGrow } = this.#deps;
    const monotonicMs = clock.monotonicMs();
    if (this.#isSpareReady || monotonicMs < this.#retryAtMs) return;
    this.#retryAtMs = monotonicMs + RETRY_MS;
    if (mayGrow()) this.#making = this.#make();
  }

  /** Never rejects. */
  async #createSpare(): Promise<void> {
    const { disk, log } = this.#deps;
    try {
      rmSync(this.#spare, { force: true });
      await disk.create(this.#spare, this.#options.segmentBytes);
      this.#isSpareReady = true;
      if (this.#isFailing) log.info("there is room again for a segment of the usage spool");
      this.#isFailing = false;
    } catch (err) {
      rmSync(this.#spare, { force: true });
      if (!this.#isFailing) log.error({ err }, "cannot make a segment of the usage spool");
      this.#isFailing = true;
    }
  }
}
