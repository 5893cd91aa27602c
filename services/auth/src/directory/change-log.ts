/** Superseded versions that are kept at most before they are counted against the records. */
const SUPERSEDED_MIN = 1_000;

/** Some records in the order of revisions. */
export interface LogPage {
  readonly frames: readonly Uint8Array[];
  /** Whoever holds the page holds everything up to here. */
  readonly through: bigint;
  /** False where more follows. */
  readonly isLast: boolean;
}

/**
 * The newest version of every record, in the order of revisions. A version that another replaces is let go, so that memory
 * follows the number of records and not of changes: places of superseded versions are at most as many as records, or 1,000.
 */
export class ChangeLog {
  #revisions: bigint[] = [];
  #frames: (Uint8Array | undefined)[] = [];
  #ids: string[] = [];
  readonly #places = new Map<string, number>();

  /** The number of records. */
  get records(): number {
    return this.#places.size;
  }

  /** The number of places in memory, of superseded versions too. */
  get places(): number {
    return this.#revisions.length;
  }

  /** Adds the newest version of a record. Its revision must be above all others. */
  append(id: string, revision: bigint, frame: Uint8Array): void {
    const place = this.#places.get(id);
    if (place !== undefined) this.#frames[place] = undefined;
    this.#places.set(id, this.places);
    this.#revisions.push(revision);
    this.#frames.push(frame);
    this.#ids.push(id);
    const superseded = this.places - this.records;
    if (superseded > Math.max(this.records, SUPERSEDED_MIN)) this.#compact();
  }

  /** The first records after a revision, at most `limit`. */
  pageAfter(revision: bigint, limit: number): LogPage {
    const frames: Uint8Array[] = [];
    let place = this.#firstAfter(revision);
    for (; place < this.places && frames.length < limit; place++) {
      const frame = this.#frames[place];
      if (frame !== undefined) frames.push(frame);
    }
    // The newest version of all is never superseded, so that what follows holds one at least.
    const isLast = place === this.places;
    const through = this.#revisions[place - 1] ?? 0n;
    return { frames, through: through > revision ? through : revision, isLast };
  }

  /** The place of the first version after a revision. */
  #firstAfter(revision: bigint): number {
    let [low, high] = [0, this.places];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#revisions[middle] ?? 0n) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compact(): void {
    const kept = [...this.#places.values()].toSorted((a, b) => a - b);
    this.#revisions = kept.map((place) => this.#revisions[place] ?? 0n);
    this.#frames = kept.map((place) => this.#frames[place]);
    this.#ids = kept.map((place) => this.#ids[place] ?? "");
    for (const [place, id] of this.#ids.entries()) this.#places.set(id, place);
  }
}
