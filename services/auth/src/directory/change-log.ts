import { FrameStore } from "./frame-store.ts";

/** Superseded versions that are kept at most before they are counted against the records. */
const SUPERSEDED_MIN = 1_000;
/** Bytes of superseded versions that are kept at most before they are counted against those of the records. */
const DEAD_BYTES_MIN = 4 * 1024 * 1024;

/** Some records in the order of revisions. */
export interface LogPage {
  /** Views of the log's own memory, to be used at once. */
  readonly frames: readonly Uint8Array[];
  /** Whoever holds the page holds everything up to here. */
  readonly through: bigint;
  /** False where more follows. */
  readonly isLast: boolean;
}

/**
 * The newest version of every record, in the order of revisions, encoded in flat memory: as an array of bytes of its own, each
 * would take several times its length. A version that another replaces is dead, and what is dead goes before it is more than
 * the records, in number or in bytes, or than 1,000 versions and 4 MiB: memory follows the number of records and not of changes.
 */
export class ChangeLog {
  #frames = new FrameStore();
  readonly #places = new Map<string, number>();

  /** The number of records. */
  get records(): number {
    return this.#places.size;
  }

  /** The number of places in memory, of superseded versions too. */
  get places(): number {
    return this.#frames.count;
  }

  /** Bytes of memory that versions take, superseded ones too. */
  get bytes(): number {
    return this.#frames.bytes;
  }

  /** Adds the newest version of a record. Its revision must be above all others. */
  append(id: string, revision: bigint, frame: Uint8Array): void {
    const place = this.#places.get(id);
    if (place !== undefined) this.#frames.kill(place);
    this.#places.set(id, this.places);
    this.#frames.append(revision, frame);
    const superseded = this.places - this.records;
    const { deadBytes, liveBytes } = this.#frames;
    const isTooMany = superseded > Math.max(this.records, SUPERSEDED_MIN);
    if (isTooMany || deadBytes > Math.max(liveBytes, DEAD_BYTES_MIN)) this.#compact();
  }

  /** The first records after a revision, at most `limit`. */
  pageAfter(revision: bigint, limit: number): LogPage {
    const frames: Uint8Array[] = [];
    let place = this.#firstAfter(revision);
    for (; place < this.places && frames.length < limit; place++) {
      const frame = this.#frames.frameAt(place);
      if (frame !== undefined) frames.push(frame);
    }
    // The newest version of all is never superseded, so that what follows holds one at least.
    const isLast = place === this.places;
    const through = place === 0 ? 0n : this.#frames.revisionAt(place - 1);
    return { frames, through: through > revision ? through : revision, isLast };
  }

  /** The place of the first version after a revision. */
  #firstAfter(revision: bigint): number {
    let [low, high] = [0, this.places];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#frames.revisionAt(middle) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compact(): void {
    const { store, placesAfter } = this.#frames.compacted();
    this.#frames = store;
    for (const [id, place] of this.#places) this.#places.set(id, placesAfter[place] ?? 0);
  }
}
