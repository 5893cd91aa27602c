const CHUNK_BYTES = 1024 * 1024;
const PLACES_MIN = 1_024;

/** Encoded versions of records in the order in which they came, each at a place, in flat memory. */
export class FrameStore {
  /** Frames lie one after the other, none in two chunks. */
  readonly #chunks: Buffer[] = [];
  /** Bytes of the last chunk that are taken. */
  #end = 0;
  #count = 0;
  #deadBytes = 0;
  #liveBytes = 0;
  // Of each place.
  #revisions = new BigUint64Array(PLACES_MIN);
  #chunkOf = new Uint32Array(PLACES_MIN);
  #offsets = new Uint32Array(PLACES_MIN);
  /** 0 where the version is dead. */
  #lengths = new Uint32Array(PLACES_MIN);

  /** The number of places, dead ones too. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of dead versions. */
  get deadBytes(): number {
    return this.#deadBytes;
  }

  /** Bytes of the other versions. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** Bytes of memory. */
  get bytes(): number {
    const chunks = this.#chunks.reduce((sum, { length }) => sum + length, 0);
    const { byteLength } = this.#revisions;
    return chunks + byteLength + 3 * this.#lengths.byteLength;
  }

  /** Adds a version at the next place. It must not be empty. */
  append(revision: bigint, frame: Uint8Array): void {
    if (this.#count === this.#revisions.length) this.#grow();
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.length - this.#end < frame.length) {
      chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, frame.length));
      this.#chunks.push(chunk);
      this.#end = 0;
    }
    chunk.set(frame, this.#end);
    const place = this.#count;
    this.#revisions[place] = revision;
    this.#chunkOf[place] = this.#chunks.length - 1;
    this.#offsets[place] = this.#end;
    this.#lengths[place] = frame.length;
    this.#end += frame.length;
    this.#count += 1;
    this.#liveBytes += frame.length;
  }

  /** Says that a version is superseded. */
  kill(place: number): void {
    const length = this.#lengths[place] ?? 0;
    this.#lengths[place] = 0;
    this.#deadBytes += length;
    this.#liveBytes -= length;
  }

  /** The revision of a version, dead or not. */
  revisionAt(place: number): bigint {
    return this.#revisions[place] ?? 0n;
  }

  /** A version, as a view of this memory; undefined for a dead one. */
  frameAt(place: number): Uint8Array | undefined {
    const length = this.#lengths[place] ?? 0;
    if (length === 0) return undefined;
    const offset = this.#offsets[place] ?? 0;
    return this.#chunks[this.#chunkOf[place] ?? 0]?.subarray(offset, offset + length);
  }

  /** The same without what is dead, and where each version that is not is now, by its place here. */
  compacted(): { readonly store: FrameStore; readonly placesAfter: Uint32Array } {
    const store = new FrameStore();
    const placesAfter = new Uint32Array(this.#count);
    for (let place = 0; place < this.#count; place++) {
      const frame = this.frameAt(place);
      if (frame === undefined) continue;
      placesAfter[place] = store.count;
      store.append(this.revisionAt(place), frame);
    }
    return { store, placesAfter };
  }

  #grow(): void {
    const places = this.#count * 2;
    this.#revisions = grown(this.#revisions, new BigUint64Array(places));
    this.#chunkOf = grown(this.#chunkOf, new Uint32Array(places));
    this.#offsets = grown(this.#offsets, new Uint32Array(places));
    this.#lengths = grown(this.#lengths, new Uint32Array(places));
  }
}

function grown<A extends Uint32Array | BigUint64Array>(from: A, to: A): A {
  to.set(from as never);
  return to;
}
