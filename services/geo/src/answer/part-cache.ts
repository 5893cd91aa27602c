import type { ByteWriter } from "./byte-writer.ts";
import type { PartOrdinals } from "./part-ordinals.ts";

const CHUNK_BYTES = 4 * 1024 * 1024;
const INITIAL_SLOTS = 1 << 16;
const EMPTY_SLOT = 0xffffffff;

/**
 * Encoded parts of answers by record and variant, in flat memory: a hash table with open addressing over typed arrays,
 * and the bytes in chunks of 4 MiB. A cache whose chunks would exceed `bytesMax` forgets everything and begins a new epoch of
 * ordinals; it also forgets everything when another begins one.
 */
export class PartCache {
  readonly #bytesMax: number;
  readonly #ordinals: PartOrdinals;
  #epoch: number;
  #chunks: Buffer[] = [];
  #used = 0;
  #count = 0;
  #slots = emptySlots(INITIAL_SLOTS);

  constructor(bytesMax: number, ordinals: PartOrdinals) {
    this.#bytesMax = bytesMax;
    this.#ordinals = ordinals;
    this.#epoch = ordinals.epoch;
  }

  /** The slot of a part, or -1. Valid until the next `add`. */
  find(record: number, variant: number): number {
    if (this.#epoch !== this.#ordinals.epoch) this.#forget();
    const { records, variants } = this.#slots;
    const mask = records.length - 1;
    for (let slot = hash(record, variant) & mask; ; slot = (slot + 1) & mask) {
      const candidate = records[slot] as number;
      if (candidate === EMPTY_SLOT) return -1;
      if (candidate === record && variants[slot] === variant) return slot;
    }
  }

  /** Keeps a part under a new key, with a tag below 2^32, and returns its slot. Errors: RangeError for more than 4 MiB. */
  add(record: number, variant: number, part: Uint8Array, tag: number): number {
    if (part.length > CHUNK_BYTES) throw new RangeError(`a part exceeds ${CHUNK_BYTES} bytes`);
    if (this.#chunks.length === 0 || this.#used + part.length > CHUNK_BYTES) this.#startChunk();
    const ordinal = this.#ordinals.next();
    if (this.#epoch !== this.#ordinals.epoch) {
      this.#forget();
      this.#startChunk();
    }
    if (this.#count * 3 > this.#slots.records.length * 2) this.#grow();
    const chunk = this.#chunks.length - 1;
    (this.#chunks[chunk] as Buffer).set(part, this.#used);
    const slot = claim(this.#slots, record, variant);
    this.#slots.positions[slot] = chunk * CHUNK_BYTES + this.#used;
    this.#slots.lengths[slot] = part.length;
    this.#slots.tags[slot] = tag;
    this.#slots.ordinals[slot] = ordinal;
    this.#used += part.length;
    this.#count++;
    return slot;
  }

  /** The number that was kept with a part. */
  tag(slot: number): number {
    return this.#slots.tags[slot] as number;
  }

  /** The ordinal of a part. */
  ordinal(slot: number): number {
    return this.#slots.ordinals[slot] as number;
  }

  /** The size of a part in bytes. */
  length(slot: number): number {
    return this.#slots.lengths[slot] as number;
  }

  /** Appends a part to a writer; its bytes must be reserved. */
  append(slot: number, out: ByteWriter): void {
    const position = this.#slots.positions[slot] as number;
    const start = position % CHUNK_BYTES;
    const chunk = this.#chunks[(position - start) / CHUNK_BYTES] as Buffer;
    const length = this.#slots.lengths[slot] as number;
    chunk.copy(out.bytes, out.length, start, start + length);
    out.length += length;
  }

  #startChunk(): void {
    if ((this.#chunks.length + 1) * CHUNK_BYTES > this.#bytesMax) {
      this.#ordinals.restart();
      this.#forget();
    }
    this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
    this.#used = 0;
  }

  #forget(): void {
    this.#chunks = [];
    this.#slots = emptySlots(INITIAL_SLOTS);
    this.#count = 0;
    this.#epoch = this.#ordinals.epoch;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = emptySlots(old.records.length * 2);
    old.records.forEach((record, i) => {
      if (record === EMPTY_SLOT) return;
      const slot = claim(this.#slots, record, old.variants[i] as number);
      this.#slots.positions[slot] = old.positions[i] as number;
      this.#slots.lengths[slot] = old.lengths[i] as number;
      this.#slots.tags[slot] = old.tags[i] as number;
      this.#slots.ordinals[slot] = old.ordinals[i] as number;
    });
  }
}

interface Slots {
  readonly records: Uint32Array;
  readonly variants: Uint16Array;
  readonly positions: Uint32Array;
  readonly lengths: Uint32Array;
  readonly tags: Uint32Array;
  readonly ordinals: Uint32Array;
}

function emptySlots(count: number): Slots {
  return {
    records: new Uint32Array(count).fill(EMPTY_SLOT),
    variants: new Uint16Array(count),
    positions: new Uint32Array(count),
    lengths: new Uint32Array(count),
    tags: new Uint32Array(count),
    ordinals: new Uint32Array(count),
  };
}

function claim(slots: Slots, record: number, variant: number): number {
  const mask = slots.records.length - 1;
  let slot = hash(record, variant) & mask;
  while (slots.records[slot] !== EMPTY_SLOT) slot = (slot + 1) & mask;
  slots.records[slot] = record;
  slots.variants[slot] = variant;
  return slot;
}

function hash(record: number, variant: number): number {
  const mixed = Math.imul(record ^ Math.imul(variant, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
